import { constants } from 'node:buffer';
import { ByteWriter, commandRequest, straightLineCodec, type Value } from '@kv/protocol';
import { describe, expect, it } from 'vitest';
import { LaneReader } from '../lane/lane-reader.js';
import { DEFAULT_LIMITS } from '../limits.js';
import { SlabStorage } from '../storage/slab/slab-storage.js';

/** Bytes of the longest value, as the message that carries it: tag, length and what it is. */
const MESSAGE_BYTES = 2 ** 31 - 1;
const HEADER_BYTES = 6;
const LONGEST = MESSAGE_BYTES - HEADER_BYTES;

const tooLarge = expect.objectContaining({ code: 'TOO_LARGE' });

/** So many bytes, of which a few are not 0. */
function marked(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (const at of [0, 2 ** 30, length - 1]) bytes[at] = at % 251 || 1;
  return bytes;
}

/** Whether they are the same: to print where they differ would take longer than the test. */
function areSame(value: Value | undefined, bytes: Uint8Array): boolean {
  return value instanceof Uint8Array && Buffer.compare(value, bytes) === 0;
}

describe('the largest value of a storage in slabs', { timeout: 600_000 }, () => {
  it('is stored, read on both paths, and written over; one byte more is refused', () => {
    const storage = new SlabStorage();
    const longest = marked(LONGEST);
    storage.set('t', 'k', longest);
    expect(storage.stats().liveBytes).toBeGreaterThan(MESSAGE_BYTES);
    expect(areSame(storage.get('t', 'k'), longest)).toBe(true);

    const out = new ByteWriter();
    straightLineCodec.encodeRequest(commandRequest('hget', { table: 't', key: 'k' }), out);
    const bytes = out.take();
    const request = new LaneReader(DEFAULT_LIMITS);
    request.read(bytes, new DataView(bytes.buffer, bytes.byteOffset), 0, bytes.length);
    expect(storage.lane.execute(request, out)).toBe(200);
    expect(areSame(out.bytes.subarray(out.length - LONGEST, out.length), longest)).toBe(true);

    expect(() => storage.set('t', 'k', new Uint8Array(LONGEST + 1))).toThrow(tooLarge);
    expect(areSame(storage.set('t', 'k', true), longest)).toBe(true);
    expect(storage.stats().liveBytes).toBeLessThan(100);
  });

  it('is smaller for text, which must be read again', () => {
    const storage = new SlabStorage();
    const longest = 'x'.repeat(constants.MAX_STRING_LENGTH);
    storage.set('t', 'k', longest);
    expect(storage.get('t', 'k') === longest).toBe(true);
    // Shorter as a string, longer as UTF-8.
    const longer = 'é'.repeat(Math.floor(longest.length / 2) + 1);
    expect(() => storage.set('t', 'k', longer)).toThrow(tooLarge);
    const change = { op: 'set' as const, key: 'k', value: true };
    expect(() => storage.write('t', [change, { ...change, value: longer }])).toThrow(tooLarge);
    expect(storage.del('t', 'k') === longest).toBe(true);
  });
});
