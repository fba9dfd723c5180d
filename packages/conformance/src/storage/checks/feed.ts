import type { Feed, FeedChange, Position, Storage, Value } from '@kv/core';
import { expect } from 'vitest';
import { Random } from '../../random.js';
import { deleteOp, manyEntries, setOp, sorted, store } from '../entries.js';
import type { StorageCheck, StorageFixture } from '../storage-check.js';

const KEYS = ['a', 'b', 'c', '__proto__'] as const;
const BURSTS = 15;
const LARGEST_BURST = 20;
const LARGE = 600;

/** What of a change is compared: its position is the engine's own. */
type Told = Omit<FeedChange, 'position' | 'oldKnown'>;

/** Changes are told as they took effect, and can be read again. */
export const feedChecks: readonly StorageCheck[] = [
  {
    title: 'a feed tells each change, with the value before and after',
    needs: 'feed',
    async run({ storage }) {
      const told = listen(storage, 'table');
      await storage.set('table', 'key', 1n);
      await storage.set('table', 'key', 'two');
      await storage.write('table', [setOp(['key', 3]), deleteOp('key'), setOp(['other', true])]);
      await storage.del('table', 'other');
      await tellAll(storage);
      expect(told.map(withoutPosition)).toStrictEqual([
        change('set', 'key', 1n, undefined),
        change('set', 'key', 'two', 1n),
        change('set', 'key', 3, 'two'),
        change('delete', 'key', undefined, 3),
        change('set', 'other', true, undefined),
        change('delete', 'other', undefined, true),
      ]);
      expect(told.every(({ oldKnown }) => oldKnown)).toBe(true);
    },
  },
  {
    title: 'a feed tells nothing of what changes nothing, and of what was refused',
    needs: 'feed',
    async run({ storage }) {
      const told = listen(storage, 'table');
      await storage.del('table', 'key');
      await storage.write('table', []);
      await storage.write('table', [deleteOp('key'), deleteOp('other')]);
      const bad = [setOp(['key', 1n]), { op: 'merge', key: 'key', value: 1n }];
      await expect((async () => storage.write('table', bad as never))()).rejects.toThrow();
      await storage.set('table', 'last', 1n);
      await tellAll(storage);
      expect(told.map(({ key }) => key)).toStrictEqual(['last']);
    },
  },
  {
    title: 'a listener is told of its table alone, from when it listens until it ends',
    needs: 'feed',
    async run({ storage }) {
      const { feed } = storage as { feed: Feed };
      await storage.set('table', 'before', 1n);
      await tellAll(storage);
      const told: string[] = [];
      const { end } = feed.listen('table', ({ key }) => told.push(key));
      const others = listen(storage, 'other');
      await storage.set('table', 'meanwhile', 1n);
      await storage.set('other', 'elsewhere', 1n);
      await tellAll(storage);
      end();
      end();
      await storage.set('table', 'after', 1n);
      await tellAll(storage);
      expect(told).toStrictEqual(['meanwhile']);
      expect(others.map(({ key }) => key)).toStrictEqual(['elsewhere']);
    },
  },
  {
    title: 'a feed tells values that nobody else can change',
    needs: 'feed',
    async run({ storage }) {
      const told = listen(storage, 'table');
      const mine = Uint8Array.of(1, 2, 3);
      const setting = storage.set('table', 'key', mine);
      mine.fill(9);
      await setting;
      const old = await storage.set('table', 'key', 1n);
      (old as Uint8Array).fill(8);
      await tellAll(storage);
      expect(told.map(({ value }) => value)).toStrictEqual([Uint8Array.of(1, 2, 3), 1n]);
      expect(told[1]?.old).toStrictEqual(Uint8Array.of(1, 2, 3));
    },
  },
  {
    title: `a feed tells calls that overlap in their order (${BURSTS} bursts)`,
    needs: 'feed',
    async run({ storage, seed }) {
      const told = listen(storage, 'table');
      const expected = await randomCalls(storage, new Random(seed));
      await tellAll(storage);
      expect(told.map(withoutPosition), `seed ${seed}`).toStrictEqual(expected);
      const sequences = told.map(({ position }) => position.sequence);
      expect(sequences).toStrictEqual([...new Set(sequences)].sort((a, b) => a - b));
      expect(new Set(told.map(({ position }) => position.epoch)).size).toBe(1);
    },
  },
  {
    title: 'what came after a position is told again, from whichever',
    needs: 'feed',
    async run({ storage, seed }) {
      const told: FeedChange[] = [];
      const { feed } = storage as { feed: Feed };
      const { position: start } = feed.listen('table', (change) => told.push(change));
      const others = listen(storage, 'other');
      await storage.set('other', 'key', 1n);
      await randomCalls(storage, new Random(seed));
      await storage.set('other', 'key', 2n);
      await tellAll(storage);
      for (const [i, { position }] of [{ position: start }, ...told].entries()) {
        const again = await historyOf(storage, 'table', position);
        expect(retold(again, told)).toStrictEqual(told.slice(i).map(essence));
      }
      const last = others.at(-1)?.position as Position;
      expect(await historyOf(storage, 'table', last)).toStrictEqual([]);
    },
  },
  {
    title: 'a position that there never was is GONE, and so is one of another epoch',
    needs: 'feed',
    async run({ storage }) {
      listen(storage, 'table');
      await storage.set('table', 'key', 1n);
      await tellAll(storage);
      const { epoch, sequence } = (storage as { feed: Feed }).feed.position;
      for (const position of [
        { epoch, sequence: sequence + 1 },
        { epoch: epoch + 1, sequence },
        { epoch: epoch + 1, sequence: 0 },
        { epoch, sequence: Number.MAX_SAFE_INTEGER },
      ]) {
        await expect(historyOf(storage, 'table', position)).rejects.toThrow(
          expect.objectContaining({ code: 'GONE' }),
        );
      }
    },
  },
  {
    title: 'the pages of a table, and the changes after each, are the table',
    needs: 'feed',
    run: expectCopied,
  },
  {
    title: 'a position from before the storage was opened again is followed without a gap, or GONE',
    needs: 'feed',
    async run({ storage, reopen, seed }) {
      if (!storage.capabilities.persistent) return;
      const told: FeedChange[] = [];
      const { feed } = storage as { feed: Feed };
      const { position: start } = feed.listen('table', (change) => told.push(change));
      await randomCalls(storage, new Random(seed));
      await tellAll(storage);
      const again = await reopen();
      const later = listen(again, 'table');
      await again.set('table', 'later', 1n);
      await tellAll(again);
      for (const [i, { position }] of [{ position: start }, ...told].entries()) {
        const history = historyOf(again, 'table', position);
        const all = await history.catch((error) => error);
        if (all instanceof Error) expect(all).toMatchObject({ code: 'GONE' });
        else {
          const expected = [...told, ...later];
          expect(retold(all, expected)).toStrictEqual(expected.slice(i).map(essence));
        }
      }
    },
  },
];

function listen(storage: Storage, table: string): FeedChange[] {
  const told: FeedChange[] = [];
  storage.feed?.listen(table, (change) => told.push(change));
  return told;
}

/** Waits until a feed has told what was answered: it may have to wait for the disk. */
async function tellAll(storage: Storage): Promise<void> {
  const { feed } = storage as { feed: Feed };
  await new Promise<void>((resolve) => {
    const { end } = feed.listen('the last', () => {
      end();
      resolve();
    });
    void storage.set('the last', 'key', 1n);
  });
}

async function historyOf(storage: Storage, table: string, after: Position): Promise<FeedChange[]> {
  const all: FeedChange[] = [];
  for await (const some of storage.feed?.history(table, after) ?? []) all.push(...some);
  return all;
}

function change(
  cause: FeedChange['cause'],
  key: string,
  value: Value | undefined,
  old: Value | undefined,
): Told {
  return { table: 'table', key, cause, value, old };
}

function withoutPosition({ table, key, cause, value, old }: FeedChange): Told {
  return { table, key, cause, value, old };
}

/** What is the same of a change that is told again. */
function essence({
  position,
  table,
  key,
  cause,
  value,
}: FeedChange): Omit<FeedChange, 'old' | 'oldKnown'> {
  return { position, table, key, cause, value };
}

/** What is told again of changes; a deletion that is without its old value may have deleted nothing. */
function retold(
  again: readonly FeedChange[],
  told: readonly FeedChange[],
): ReturnType<typeof essence>[] {
  const sequences = new Set(told.map(({ position }) => position.sequence));
  const isOne = ({ cause, oldKnown, position }: FeedChange): boolean =>
    cause !== 'delete' || oldKnown || sequences.has(position.sequence);
  return again.filter(isOne).map(essence);
}

/** Makes calls that are not waited for, burst by burst; answers the changes that they make. */
async function randomCalls(storage: Storage, random: Random): Promise<Told[]> {
  const model = new Map<string, Value>();
  const expected: Told[] = [];
  const set = (key: string, value: Value): void => {
    expected.push(change('set', key, value, model.get(key)));
    model.set(key, value);
  };
  const del = (key: string): void => {
    const old = model.get(key);
    if (model.delete(key)) expected.push(change('delete', key, undefined, old));
  };
  for (let burst = 0; burst < BURSTS; burst++) {
    const calls = random.list(1 + random.below(LARGEST_BURST), () => {
      const key = random.pick(KEYS);
      const value = BigInt(random.below(1000));
      switch (random.below(4)) {
        case 0:
          del(key);
          return storage.del('table', key);
        case 1:
          set(key, value);
          del(key);
          set('c', value);
          return storage.write('table', [setOp([key, value]), deleteOp(key), setOp(['c', value])]);
        default:
          set(key, value);
          return storage.set('table', key, value);
      }
    });
    await Promise.all(calls);
  }
  return expected;
}

/** Copies a table page by page while it is written to. */
async function expectCopied({ storage, seed }: StorageFixture): Promise<void> {
  const { feed } = storage as { feed: Feed };
  const random = new Random(seed);
  const told = listen(storage, 'table');
  await store(storage, 'table', manyEntries(LARGE));
  const writes: unknown[] = [];
  const write = (): void => {
    const key = `key${String(random.below(LARGE)).padStart(4, '0')}`;
    const isSet = random.below(3) > 0;
    writes.push(isSet ? storage.set('table', key, 'new') : storage.del('table', key));
  };
  const pages: (readonly [Position, readonly (readonly [string, Value])[]])[] = [];
  let next: Uint8Array | undefined;
  do {
    for (let i = 0; i < 5; i++) write();
    const reading = feed.page('table', { position: next, prefix: '', limit: 50, maxBytes: 1e6 });
    for (let i = 0; i < 5; i++) write();
    const { page, position } = await reading;
    pages.push([position, page.entries]);
    next = page.next;
  } while (next !== undefined);
  await Promise.all(writes);
  await tellAll(storage);
  // What the table was, from the first change on; and what somebody has of it who follows from the first page on.
  const [table, copy] = [new Map<string, Value>(), new Map<string, Value>()];
  let at = 0;
  const applyUpTo = (sequence: number): void => {
    for (; (told[at]?.position.sequence ?? Number.POSITIVE_INFINITY) <= sequence; at++) {
      const { position, key, value } = told[at] as FeedChange;
      for (const each of position.sequence > first ? [table, copy] : [table]) {
        if (value === undefined) each.delete(key);
        else each.set(key, value);
      }
    }
  };
  const first = pages[0]?.[0].sequence ?? 0;
  for (const [{ sequence }, entries] of pages) {
    applyUpTo(sequence);
    for (const [key, value] of entries) {
      expect(value).toStrictEqual(table.get(key));
      copy.set(key, value);
    }
  }
  applyUpTo(Number.MAX_SAFE_INTEGER);
  expect(sorted(copy)).toStrictEqual(sorted(await storage.getAll('table')));
}
