import { ByteWriter, type CommandResponse, straightLineCodec, type Value } from '@kv/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hgetall } from '../../commands/hgetall.js';
import { SlabStorage } from './slab-storage.js';

/** What the lane appends for a table; `undefined` if it leaves it to the plain path. */
function onTheLane(storage: SlabStorage, table: string, maxBytes: number): string | undefined {
  const bytes = Buffer.from(`of the table ${table}, and`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [tableStart, tableEnd] = [13, bytes.length - 5];
  const out = new ByteWriter();
  out.write(Buffer.from('before'));
  const status = storage.lane.executeTable?.({ bytes, view, tableStart, tableEnd }, out, maxBytes);
  const appended = Buffer.from(out.take());
  expect(String(appended.subarray(0, 6))).toBe('before');
  if (status === 200) return appended.subarray(6).toString('hex');
  expect([status, appended.length]).toEqual([0, 6]);
  return undefined;
}

/** What the plain path answers. */
function plainly(storage: SlabStorage, table: string, maxResponseBytes: number): string {
  const out = new ByteWriter();
  const context = { storage, maxResponseBytes };
  straightLineCodec.encodeResponse(hgetall({ table }, context) as CommandResponse, out);
  return Buffer.from(out.take()).toString('hex');
}

function storing(entries: Iterable<readonly [string, Value]>): SlabStorage {
  const storage = new SlabStorage();
  for (const [key, value] of entries) storage.set('t', key, value);
  return storage;
}

const text = fc.string({ unit: 'binary' });
const long = fc.nat({ max: 20_000 }).map((length) => 'x'.repeat(length));
const integer = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const value = fc.oneof(text, long, fc.uint8Array(), integer, fc.double(), fc.boolean());
const key = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1 }),
  fc.integer({ min: 1, max: 300 }).map((length) => 'k'.repeat(length)),
);

describe('all of a table, on the lane', () => {
  it('is answered in the bytes of the plain path, if the caller can be sent as many', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, value), { minLength: 1 }), (entries) => {
        const storage = storing(entries);
        const whole = plainly(storage, 't', Number.POSITIVE_INFINITY);
        const bytes = whole.length / 2;
        for (const maxBytes of [Number.POSITIVE_INFINITY, bytes + 1, bytes]) {
          expect(onTheLane(storage, 't', maxBytes)).toBe(whole);
          expect(plainly(storage, 't', maxBytes)).toBe(whole);
        }
        for (const maxBytes of [bytes - 1, Math.floor(bytes / 2), 1]) {
          expect(onTheLane(storage, 't', maxBytes)).toBe(undefined);
        }
      }),
    );
  });

  it('is answered in the order of the plain path, however large it is', () => {
    const storage = storing(Array.from({ length: 20_000 }, (_, i) => [`${i}`, BigInt(i)]));
    for (let i = 0; i < 20_000; i += 3) storage.del('t', `${i}`);
    for (const maxBytes of [Number.POSITIVE_INFINITY, 2 ** 20]) {
      const same = onTheLane(storage, 't', maxBytes) === plainly(storage, 't', maxBytes);
      expect(same).toBe(true);
    }
  });

  it('is nothing if there is no such table', () => {
    const storage = new SlabStorage();
    expect(onTheLane(storage, 't', 1_000)).toBe('08c801');
    storage.close();
    expect(onTheLane(storage, 't', 1_000)).toBe(undefined);
  });
});
