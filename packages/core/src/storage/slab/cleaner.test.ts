import { describe, expect, it } from 'vitest';
import { HalfSipHash } from './half-sip-hash.js';
import type { KeyHash } from './key-hash.js';
import { SlabStorage } from './slab-storage.js';

const PAGE_BYTES = 1024;

/** What an entry of these takes, in bytes: of a small page, an eighth. */
const VALUE = 'v'.repeat(96);
const ENTRY_BYTES = 128;

/** Counts what is hashed: the key of each call, and that of each record that is moved. */
class CountingHash implements KeyHash {
  count = 0;
  readonly #hash = new HalfSipHash(new Uint8Array(8));

  hash(view: DataView, start: number, end: number): number {
    this.count++;
    return this.#hash.hash(view, start, end);
  }
}

/** Sets entries of {@link ENTRY_BYTES}. */
function fill(storage: SlabStorage, entries: number): void {
  for (let i = 0; i < entries; i++) storage.set('t', `${i}`, VALUE);
  expect(storage.stats().liveBytes).toBe(entries * ENTRY_BYTES);
}

describe('cleaning', () => {
  it('moves little at one time, whatever there is to move', () => {
    const hash = new CountingHash();
    const storage = new SlabStorage({}, { hash, pageBytes: 64 * PAGE_BYTES });
    fill(storage, 4_000);
    for (let i = 0; i < 4_000; i += 3) storage.del('t', `${i}`);
    let most = 0;
    for (let i = 0; i < 4_000; i++) {
      const before = hash.count;
      storage.set('u', `${i}`, VALUE);
      most = Math.max(most, hash.count - before - 1);
    }
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(8);
  });

  it('does not begin for less than a page', () => {
    const hash = new CountingHash();
    const storage = new SlabStorage({}, { hash, pageBytes: PAGE_BYTES });
    fill(storage, 10);
    for (let i = 0; i < 5; i++) storage.del('t', `${i}`);
    const before = hash.count;
    storage.set('t', 'new', VALUE);
    expect(hash.count).toBe(before + 1);
    expect(storage.stats().deadBytes).toBe(5 * ENTRY_BYTES);
  });

  it('leaves everything where it is while there is no memory to move it to', () => {
    let left = Number.POSITIVE_INFINITY;
    const storage = new SlabStorage(
      {},
      {
        pageBytes: PAGE_BYTES,
        allocate: (bytes) => {
          if (left-- <= 0) throw new RangeError('Array buffer allocation failed');
          return new ArrayBuffer(bytes);
        },
      },
    );
    // In the head there is room for three: for one that is set, and not for all that could be moved then.
    const entries = 8 * 20 + 5;
    fill(storage, entries);
    const kept = (i: number): boolean => i % 8 >= 4;
    for (let i = 0; i < entries; i++) if (!kept(i)) storage.del('t', `${i}`);
    left = 0;
    storage.set('t', 'new', VALUE);
    expect(() => storage.set('t', 'newer', VALUE)).toThrow(
      expect.objectContaining({ code: 'STORAGE_FAILURE' }),
    );
    expect(storage.get('t', 'new')).toBe(VALUE);
    expect(storage.contains('t', 'newer')).toBe(false);
    for (let i = 0; i < entries; i++) expect(storage.contains('t', `${i}`)).toBe(kept(i));
  });
});
