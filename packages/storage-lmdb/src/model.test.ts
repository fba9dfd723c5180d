import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Entry, MemoryStorage, type Value, type WriteOp } from '@kv/core';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LmdbStorage } from './lmdb-storage.js';

let directory: string;
let storage: LmdbStorage;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kv-lmdb-'));
  storage = await LmdbStorage.open({ directory, sync: false });
});
afterAll(async () => {
  await storage.close();
  await rm(directory, { recursive: true });
});

/** Keys that are hardly longer than LMDB takes, or much; and of which the beginnings are the same. */
const longKey = fc
  .tuple(
    fc.constantFrom('k'.repeat(1930), 'ü'.repeat(980)),
    fc.nat(30),
    fc.constantFrom('', 'a', '😀'),
  )
  .map(([head, more, end]) => head + 'm'.repeat(more) + end);
const key = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('a', 'b', 'é', '\0', '\uffff', '😀', '__proto__') },
  { weight: 2, arbitrary: longKey },
);
const value: fc.Arbitrary<Value> = fc.oneof(
  fc.nat({ max: 300 }).map((length) => 'v'.repeat(length)),
  fc.nat({ max: 9000 }).map((length) => new Uint8Array(length).fill(length)),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.double(),
  fc.boolean(),
);
const op: fc.Arbitrary<WriteOp> = fc.oneof(
  fc.record({ op: fc.constant('set' as const), key, value }),
  fc.record({ op: fc.constant('delete' as const), key }),
);
const table = fc.constantFrom('t', 'tt', 't\0');
const call = fc.oneof(
  { weight: 6, arbitrary: fc.record({ call: fc.constant('set' as const), table, key, value }) },
  { weight: 3, arbitrary: fc.record({ call: fc.constant('del' as const), table, key }) },
  { weight: 3, arbitrary: fc.record({ call: fc.constant('get' as const), table, key }) },
  { weight: 1, arbitrary: fc.record({ call: fc.constant('contains' as const), table, key }) },
  {
    weight: 2,
    arbitrary: fc.record({
      call: fc.constant('getMany' as const),
      table,
      keys: fc.array(key, { maxLength: 5 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      call: fc.constant('write' as const),
      table,
      ops: fc.array(op, { maxLength: 5 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ call: fc.constant('getAll' as const), table }) },
  { weight: 1, arbitrary: fc.record({ call: fc.constant('wait' as const) }) },
  { weight: 1, arbitrary: fc.record({ call: fc.constant('reopen' as const) }) },
);
type Call = typeof call extends fc.Arbitrary<infer C> ? C : never;

const byBytes = ([a]: Entry, [b]: Entry): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Makes a call; `run` tells the tables of one run from those of another. */
function make(call: Call, on: LmdbStorage | MemoryStorage, run: number): unknown {
  switch (call.call) {
    case 'set':
      return on.set(call.table + run, call.key, call.value);
    case 'del':
      return on.del(call.table + run, call.key);
    case 'get':
      return on.get(call.table + run, call.key);
    case 'contains':
      return on.contains(call.table + run, call.key);
    case 'getMany':
      return on.getMany(call.table + run, call.keys);
    case 'write':
      return on.write(call.table + run, call.ops);
    case 'getAll':
      return on.getAll(call.table + run);
    default:
      return undefined;
  }
}

async function reopen(): Promise<void> {
  await storage.close();
  storage = await LmdbStorage.open({ directory, sync: false });
}

it('answers what the storage in memory does, in order, however many calls are under way', async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(call, { maxLength: 30, size: 'max' }), async (calls) => {
      run++;
      const model = new MemoryStorage();
      const answers: unknown[] = [];
      const expected: unknown[] = [];
      for (const each of calls) {
        answers.push(make(each, storage, run));
        const answer = make(each, model, run);
        expected.push(each.call === 'getAll' ? (answer as Entry[]).sort(byBytes) : answer);
        // What is under way is finished before it is closed.
        if (each.call === 'reopen') await reopen();
        else if (each.call === 'wait') await Promise.all(answers);
      }
      expect(await Promise.all(answers)).toStrictEqual(expected);
      for (const name of ['t', 'tt', 't\0']) {
        const all = model.getAll(name + run).sort(byBytes);
        expect(storage.getAll(name + run)).toStrictEqual(all);
        expect([...(storage.getIter(name + run) as Iterable<Entry>)]).toStrictEqual(all);
        for (const limit of [1, 100]) expect(await scan(name + run, limit)).toStrictEqual(all);
      }
    }),
    { numRuns: 25 },
  );
});

/** All pages of a table, in order. */
async function scan(table: string, limit: number): Promise<Entry[]> {
  const entries: Entry[] = [];
  let position: Uint8Array | undefined;
  do {
    const page = await storage.scan(table, { position, prefix: '', limit, maxBytes: 2 ** 20 });
    entries.push(...page.entries);
    position = page.next;
  } while (position !== undefined);
  return entries.sort(byBytes);
}
