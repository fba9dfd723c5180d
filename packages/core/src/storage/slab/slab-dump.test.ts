import { type CommandRequest, straightLineCodec, type Value, valueFromMessage } from '@kv/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LaneReader } from '../../lane/lane-reader.js';
import { DEFAULT_LIMITS } from '../../limits.js';
import { SlabStorage } from './slab-storage.js';

const name = fc.oneof(
  fc.constantFrom('t', 'users', '__proto__'),
  fc.string({ unit: 'grapheme', minLength: 1 }),
);
const value: fc.Arbitrary<Value> = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.uint8Array({ maxLength: 300 }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.double(),
  fc.boolean(),
);

/** All that is dumped, in steps of so many bytes; `between` is called after each. */
function dump(
  storage: SlabStorage,
  stepBytes: number,
  between = (): void => {},
): [string, string, Value][] {
  const entries: [string, string, Value][] = [];
  const reader = new LaneReader(DEFAULT_LIMITS);
  const dumping = storage.dump((bytes, view, start, end) => {
    entries.push(entryOf(straightLineCodec.decodeRequest(bytes, start, end)));
    const isCanonical = !Number.isNaN(entries.at(-1)?.[2]);
    expect(reader.read(bytes, view, start, end), 'encoded as encoders do').toBe(isCanonical);
  });
  while (!dumping.done) {
    dumping.step(stepBytes);
    between();
  }
  return entries;
}

function entryOf({ requestData }: CommandRequest): [string, string, Value] {
  if (requestData.case !== 'hset') throw new Error(`${requestData.case} sets nothing`);
  const { table, pair } = requestData.value;
  return [table, pair?.key ?? '', valueFromMessage(pair?.value) as Value];
}

const sorted = <Item>(items: readonly Item[]): Item[] =>
  items.toSorted((a, b) => (String(a) < String(b) ? -1 : 1));

describe('a dump', () => {
  it('has every entry of every table once', () => {
    const entries = fc.uniqueArray(fc.tuple(name, name, value), {
      selector: ([t, k]) => `${t}\0${k}`,
    });
    fc.assert(
      fc.property(entries, fc.integer({ min: 1, max: 500 }), (all, stepBytes) => {
        const storage = new SlabStorage();
        for (const [table, key, each] of all) storage.set(table, key, each);
        expect(sorted(dump(storage, stepBytes))).toStrictEqual(sorted(all));
      }),
    );
  });

  it('has long keys and values', () => {
    const storage = new SlabStorage();
    const [key, text] = ['k'.repeat(4000), 'v'.repeat(300_000)];
    storage.set('t', key, text);
    expect(dump(storage, 1)).toEqual([['t', key, text]]);
  });

  it('has what is there throughout, whatever becomes of the rest', () => {
    const storage = new SlabStorage();
    for (let i = 0; i < 3000; i++) storage.set('t', `stays${i}`, BigInt(i));
    storage.set('gone', 'k', 1n);
    let round = 0;
    const entries = dump(storage, 2000, () => {
      storage.del('gone', 'k');
      for (let i = 0; i < 200; i++) storage.set('t', `comes${round}/${i}`, 'x'.repeat(100));
      for (let i = 0; i < 150; i++) storage.del('t', `comes${round - 1}/${i}`);
      round++;
    });
    const found = new Map(entries.map(([table, key, each]) => [`${table}/${key}`, each]));
    for (let i = 0; i < 3000; i++) expect(found.get(`t/stays${i}`)).toBe(BigInt(i));
  });

  it('fills the index of a storage of the same hash key as evenly as any order does', () => {
    const hashKey = Buffer.from('8 secret');
    const [one, other] = [new SlabStorage({ hashKey }), new SlabStorage({ hashKey })];
    for (let i = 0; i < 50_000; i++) one.set('t', `k${i}`, true);
    let most = 0;
    for (const [table, key, each] of dump(one, 1e6)) {
      other.set(table, key, each);
      const { entries, indexBytes } = other.stats();
      // Small indexes are a few entries, whatever their order.
      if (entries > 1000) most = Math.max(most, indexBytes / entries);
    }
    expect(other.stats().indexBytes).toBeLessThanOrEqual(one.stats().indexBytes * 1.5);
    expect(most).toBeLessThan(64);
  });

  it('needs a hash key of eight bytes', () => {
    expect(() => new SlabStorage({ hashKey: new Uint8Array(7) })).toThrow(RangeError);
  });
});
