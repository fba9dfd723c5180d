import {
  ByteWriter,
  type CommandRequest,
  type CommandResponse,
  commandRequest,
  type KvError,
  straightLineCodec,
  type Value,
  valueToMessage,
} from '@kv/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dispatch } from '../../dispatch.js';
import { Lane } from '../../lane/lane.js';
import { DEFAULT_LIMITS } from '../../limits.js';
import { Tally } from '../../tally.js';
import { HalfSipHash } from './half-sip-hash.js';
import type { KeyHash } from './key-hash.js';
import { SlabStorage } from './slab-storage.js';
import type { SlabParts } from './slab-store.js';

/** Chance that is the same in each run. */
function seeded(): Partial<SlabParts> {
  let state = 1;
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return { random, hash: new HalfSipHash(new Uint8Array(8)) };
}

/** Hashes that collide all the time. */
const badHash: KeyHash = { hash: (view, start, end) => (end - start) & 1 && view.getUint8(start) };

const hex = (out: ByteWriter): string => Buffer.from(out.take()).toString('hex');

function encoded(request: CommandRequest): Uint8Array {
  const out = new ByteWriter();
  straightLineCodec.encodeRequest(request, out);
  return out.take();
}

function laneOf(storage: SlabStorage): (request: CommandRequest) => string | undefined {
  const lane = new Lane(storage.lane, DEFAULT_LIMITS, new Tally());
  return (request) => {
    const bytes = encoded(request);
    const out = new ByteWriter();
    const taken = lane.answerMany(bytes, 0, bytes.length, out, Number.POSITIVE_INFINITY);
    return taken ? hex(out) : undefined;
  };
}

/** What the plain path answers; `undefined` if that is an error. */
function plainly(storage: SlabStorage, request: CommandRequest): string | undefined {
  try {
    const out = new ByteWriter();
    straightLineCodec.encodeResponse(dispatch(request, { storage }) as CommandResponse, out);
    return hex(out);
  } catch {
    return undefined;
  }
}

const table = fc.constantFrom('t', 'tables', '世界');
const key = fc.oneof(
  fc.constantFrom('k', 'é', '😀'.repeat(70), 'k'.repeat(400)),
  fc.nat({ max: 60 }).map((i) => `key:${i}`),
);
const value: fc.Arbitrary<Value> = fc.oneof(
  fc.nat({ max: 400 }).map((length) => 'v'.repeat(length)),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom(0, 1, 127, 128, 2_000).map((length) => new Uint8Array(length).fill(7)),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.double({ noNaN: true }),
  fc.boolean(),
);
const keys = fc.oneof(
  fc.array(key, { minLength: 1, maxLength: 8 }),
  // More than are looked up together.
  fc.array(key, { minLength: 30, maxLength: 40 }),
);
const pair = fc.record({ key, value: value.map(valueToMessage) });
const pairs = fc.array(pair, { minLength: 1, maxLength: 8 });
const request: fc.Arbitrary<CommandRequest> = fc.oneof(
  fc.record({ table, keys }).map((message) => commandRequest('hmget', message)),
  fc.record({ table, keys }).map((message) => commandRequest('hmexist', message)),
  fc.record({ table, keys }).map((message) => commandRequest('hmdel', message)),
  {
    arbitrary: fc.record({ table, pairs }).map((message) => commandRequest('hmset', message)),
    weight: 3,
  },
);
const requests = fc.array(request, { maxLength: 15, size: 'max' });

function expectSame(storage: SlabStorage, other: SlabStorage): void {
  for (const name of ['t', 'tables', '世界']) {
    expect(storage.getAll(name).sort()).toEqual(other.getAll(name).sort());
  }
}

describe('the lane of slabs, asked for several keys,', () => {
  it.each([
    ['', { pageBytes: 1024 }],
    [', with hashes that collide', { pageBytes: 1024, hash: badHash }],
  ])('answers and leaves behind what the plain path does%s', (_, parts) => {
    fc.assert(
      fc.property(requests, (asked) => {
        const [mine, plain] = [seeded(), seeded()].map(
          (chance) => new SlabStorage({}, { ...chance, ...parts }),
        ) as [SlabStorage, SlabStorage];
        const lane = laneOf(mine);
        for (const each of asked) expect(lane(each)).toBe(plainly(plain, each));
        expect(mine.stats()).toEqual(plain.stats());
        expectSame(mine, plain);
      }),
    );
  });

  it('evicts what the plain path does, which goes by what is used', () => {
    const options = { maxBytes: 64 * 1024 };
    const mine = new SlabStorage(options, seeded());
    const plain = new SlabStorage(options, seeded());
    const lane = laneOf(mine);
    const table = 't';
    for (let i = 0; i < 1_000; i++) {
      const keys = Array.from({ length: 3 }, (_, j) => `key ${i * 3 + j}`);
      const pairs = keys.map((key) => ({ key, value: valueToMessage('v'.repeat(i % 90)) }));
      const used = [`key ${i % 100}`, `key ${(i * 7) % 200}`];
      for (const asked of [
        commandRequest('hmset', { table, pairs }),
        commandRequest('hmget', { table, keys: used }),
        commandRequest('hmexist', { table, keys: used.map((key) => `${key}0`) }),
        commandRequest('hmdel', { table, keys: [`key ${i * 2}`, 'none'] }),
      ]) {
        expect(lane(asked)).toBe(plainly(plain, asked));
      }
    }
    expect(mine.stats().evictions).toBeGreaterThan(500);
    expect(mine.stats()).toEqual(plain.stats());
    expectSame(mine, plain);
  });

  it('has appended and changed nothing if there is no memory, whichever allocation it is', () => {
    fc.assert(
      fc.property(requests, fc.nat({ max: 20 }), (asked, given) => {
        let left = given;
        const allocate = (bytes: number): ArrayBuffer => {
          if (left-- <= 0) throw new RangeError('Array buffer allocation failed');
          return new ArrayBuffer(bytes);
        };
        const storage = new SlabStorage({}, { ...seeded(), pageBytes: 1024, allocate });
        const model = new SlabStorage({}, { ...seeded(), pageBytes: 1024 });
        const lane = laneOf(storage);
        for (const each of asked) {
          const answer = lane(each);
          if (answer !== undefined) expect(answer).toBe(plainly(model, each));
          const { tables, entries } = model.stats();
          expect(storage.stats()).toMatchObject({ tables, entries });
        }
        expectSame(storage, model);
      }),
    );
  });

  it('leaves to the plain path what can only fail', () => {
    const storage = new SlabStorage({ maxBytes: 64 * 1024 });
    storage.set('t', 'a', 'old');
    const lane = laneOf(storage);
    const pairs = [
      { key: 'a', value: valueToMessage('new') },
      { key: 'b', value: valueToMessage(new Uint8Array(60 * 1024)) },
    ];
    const set = commandRequest('hmset', { table: 't', pairs });
    expect(lane(set)).toBe(undefined);
    expect(() => dispatch(set, { storage })).toThrow(
      expect.objectContaining({ code: 'TOO_LARGE' } satisfies Partial<KvError>),
    );
    expect(storage.getAll('t')).toEqual([['a', 'old']]);
    storage.close();
    expect(lane(commandRequest('hmget', { table: 't', keys: ['a'] }))).toBe(undefined);
  });
});
