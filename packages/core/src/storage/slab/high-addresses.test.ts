import { isDeepStrictEqual } from 'node:util';
import { ByteWriter, commandRequest, straightLineCodec, type Value } from '@kv/protocol';
import { describe, expect, it } from 'vitest';
import { LaneReader } from '../../lane/lane-reader.js';
import { DEFAULT_LIMITS } from '../../limits.js';
import { MemoryStorage } from '../memory-storage.js';
import type { Entry } from '../storage.js';
import { HalfSipHash } from './half-sip-hash.js';
import { UNIT_BYTES } from './heap.js';
import { SlabStorage } from './slab-storage.js';

const PAGE_BYTES = 1024 * 1024;
/** So many pages are before the one whose addresses have bit 31. */
const LOWER_PAGES = 2 ** 31 / (PAGE_BYTES / UNIT_BYTES) - 1;
/** What one entry takes of those that are in the lower pages. */
const LOWER_ENTRY_BYTES = 32;

/**
 * A storage whose next page begins 16 GiB behind its first. Those between are there, with an entry in each, but
 * have only the memory that it takes.
 */
function beyond16GiB(): SlabStorage {
  let lower = LOWER_PAGES;
  const allocate = (bytes: number): ArrayBuffer =>
    new ArrayBuffer(bytes === PAGE_BYTES && lower-- > 0 ? LOWER_ENTRY_BYTES : bytes);
  const hash = new HalfSipHash(new Uint8Array(8));
  const storage = new SlabStorage({}, { pageBytes: PAGE_BYTES, allocate, hash });
  for (let i = 0; i < LOWER_PAGES; i++) storage.set('lower', `${i}`, BigInt(i));
  expect(storage.stats()).toMatchObject({
    pageBytes: LOWER_PAGES * LOWER_ENTRY_BYTES,
    deadBytes: 0,
  });
  return storage;
}

/** Chance that is the same in each run: a whole number below `limit`. */
function chance(): (limit: number) => number {
  let state = 1;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

/** What stands in the place of a value: text that tells it from others, now and then too large for a shared page. */
function valueFor(i: number, chanceOf: (limit: number) => number): Value {
  const length = chanceOf(200) === 0 ? PAGE_BYTES / 4 + chanceOf(1_000) : chanceOf(4_000);
  return `${i} `.padEnd(length, 'v');
}

const byKey = ([a]: Entry, [b]: Entry): number => (a < b ? -1 : 1);

/** What the lane of a storage answers to a get. */
function getOnLane({ lane }: SlabStorage, key: string): Value | undefined {
  const out = new ByteWriter();
  straightLineCodec.encodeRequest(commandRequest('hget', { table: 't', key }), out);
  const bytes = out.take();
  const request = new LaneReader(DEFAULT_LIMITS);
  request.read(bytes, new DataView(bytes.buffer, bytes.byteOffset), 0, bytes.length);
  lane.prefetch?.([request], 1);
  expect(lane.execute(request, out)).toBeGreaterThan(0);
  return straightLineCodec.decodeResponse(out.bytes, 0, out.length).values[0]?.value.value;
}

/** Does the same to both storages, again and again, and tells where they differ. */
function differences(storage: SlabStorage, model: MemoryStorage, steps: number): unknown[] {
  const chanceOf = chance();
  const found: unknown[] = [];
  const compare = (step: number, answered: unknown, expected: unknown): void => {
    if (!isDeepStrictEqual(answered, expected)) found.push([step, answered, expected]);
  };
  for (let i = 0; i < steps; i++) {
    const key = `key ${chanceOf(2_000)}`;
    const value = valueFor(i, chanceOf);
    const kind = chanceOf(10);
    if (kind < 5) {
      compare(i, storage.set('t', key, value), model.set('t', key, value));
    } else if (kind < 7) {
      compare(i, storage.del('t', key), model.del('t', key));
    } else if (kind < 9) {
      compare(i, getOnLane(storage, key), model.get('t', key));
    } else {
      const ops = [
        { op: 'set' as const, key: `other ${key}`, value },
        { op: 'delete' as const, key },
      ];
      compare(i, storage.write('t', ops), model.write('t', ops));
    }
  }
  return found;
}

describe('a storage of more than 16 GiB', () => {
  it('does what one in a Map does, while its pages are filled, cleaned and used again', () => {
    const storage = beyond16GiB();
    const model = new MemoryStorage();
    const lower = storage.getAll('lower');
    const { pageBytes, liveBytes } = storage.stats();

    expect(differences(storage, model, 12_000)).toEqual([]);

    const all = model.getAll('t').sort(byKey);
    expect(storage.getAll('t').sort(byKey)).toEqual(all);
    expect([...storage.getIter('t')].sort(byKey)).toEqual(all);
    expect(storage.getAll('lower')).toEqual(lower);
    const after = storage.stats();
    const live = after.liveBytes - liveBytes;
    expect(live).toBeGreaterThan(2 * PAGE_BYTES);
    expect(after.pageBytes - pageBytes).toBeLessThan(1.5 * live + 3 * PAGE_BYTES);
    for (const [key] of all) storage.del('t', key);
    expect(storage.stats()).toMatchObject({ tables: 1, liveBytes, deadBytes: 0 });
  });
});
