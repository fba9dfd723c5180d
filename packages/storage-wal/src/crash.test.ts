import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Awaitable, type Entry, KvError } from '@kv/core';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { randomFrom } from './testing/random.js';
import { settled } from './testing/simulated-clock.js';
import { type Call, failure, SimulatedFileSystem } from './testing/simulated-file-system.js';
import {
  type Contents,
  contentsOf,
  openStorage,
  type TestStorage,
} from './testing/test-storage.js';
import { sequenceOf, valueOfWrite, type Write, WriteHistory } from './testing/write-history.js';
import type { WalStorage, WalStorageOptions } from './wal-storage.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kv-wal-crash-'));
});
afterEach(() => rm(directory, { recursive: true }));

const MODES: readonly Partial<WalStorageOptions>[] = [
  { fsync: 'always' },
  { fsync: 'always', inline: true },
  { fsync: 'everysec' },
  { fsync: 'never' },
];

const TABLES = ['a', 'b'] as const;
const KEYS = ['k1', 'k2', 'k3', 'k4'] as const;

/** One op; a value is made when it is known with which write it comes. */
interface PlannedOp {
  readonly key: string;
  /** The length of the value; or that the key is deleted. */
  readonly length: number | 'delete';
}

interface PlannedWrite {
  readonly table: string;
  readonly ops: readonly PlannedOp[];
}

/** What is done to a storage. */
type Step =
  | {
      readonly kind: 'write';
      readonly writes: readonly PlannedWrite[];
      /** Whether a snapshot is asked for while they wait. */
      readonly snapshot: boolean;
    }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'reopen' };

const op: fc.Arbitrary<PlannedOp> = fc.record({
  key: fc.constantFrom(...KEYS),
  length: fc.oneof(
    { weight: 3, arbitrary: fc.nat({ max: 400 }) },
    { weight: 1, arbitrary: fc.constant('delete' as const) },
  ),
});
const write: fc.Arbitrary<PlannedWrite> = fc.record({
  table: fc.constantFrom(...TABLES),
  ops: fc.array(op, { minLength: 1, maxLength: 4 }),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      writes: fc.array(write, { maxLength: 5 }),
      snapshot: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.nat({ max: 1500 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'reopen' as const }) },
);

/** What happens to a machine from its start to the cut of its power. */
const life = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 12 }),
  /** The call of the file system that is the first to fail. */
  calls: fc.nat({ max: 150 }),
  seed: fc.nat(),
  snapshotLogBytes: fc.constantFrom(500, Number.POSITIVE_INFINITY),
  snapshotAtClose: fc.boolean(),
});

/** A storage that is used until its machine stops. */
class Machine {
  /** The sequences of what was promised: the last write acknowledged, read, said to be durable. */
  acknowledged = 0;
  seen = 0;
  durable = 0;
  /** All that was called. */
  readonly history: WriteHistory;
  readonly #fileSystem: SimulatedFileSystem;
  readonly #options: Partial<WalStorageOptions>;
  readonly #underWay: Promise<unknown>[] = [];
  #opened: TestStorage | undefined;

  constructor(
    fileSystem: SimulatedFileSystem,
    options: Partial<WalStorageOptions>,
    history: WriteHistory,
  ) {
    this.#fileSystem = fileSystem;
    this.#options = options;
    this.history = history;
  }

  /** Does things to the storage, until all is done or the machine stops. */
  async live(steps: readonly Step[]): Promise<void> {
    try {
      this.#opened = await openStorage(directory, this.#fileSystem, this.#options);
      for (const each of steps) {
        await this.#take(each, this.#opened);
        this.durable = this.#opened.storage.stats().durable;
      }
    } catch (error) {
      if (!hasStopped(error)) throw error;
    }
  }

  /** Lets go of the directory, as the end of the process does. */
  async end(): Promise<void> {
    this.#fileSystem.onCall = stopAt(0);
    await this.#opened?.storage.close().catch(() => {});
    await Promise.allSettled(this.#underWay);
  }

  async #take(each: Step, { storage, clock }: TestStorage): Promise<void> {
    switch (each.kind) {
      case 'pass':
        return clock.pass(each.ms);
      case 'write': {
        const called = each.writes.flatMap((planned) => this.#write(storage, planned));
        // It may go on while other things are done.
        if (each.snapshot) this.#underWay.push(snapshot(storage));
        return all(called);
      }
      case 'reopen':
        await all(this.#underWay.splice(0));
        await storage.close();
        this.#opened = await openStorage(directory, this.#fileSystem, this.#options);
    }
  }

  /** Writes, and reads what is written, before and after it is called. */
  #write(storage: WalStorage, { table, ops: planned }: PlannedWrite): Promise<unknown>[] {
    const sequence = this.history.next(planned.length);
    const ops = planned.map(({ key, length }): Write['ops'][number] =>
      length === 'delete'
        ? { op: 'delete', key }
        : { op: 'set', key, value: valueOfWrite(sequence, length) },
    );
    const read = async (): Promise<void> => {
      for (const { key } of planned) {
        this.seen = Math.max(this.seen, sequenceOf(await storage.get(table, key)));
      }
    };
    const before = read();
    this.history.add({ table, ops });
    const written = storage.write(table, ops).then(() => {
      this.acknowledged = Math.max(this.acknowledged, sequence);
    });
    return [before, written, read()];
  }
}

/** Takes a snapshot, or fails to when the machine stops, or the storage is closed. */
async function snapshot(storage: WalStorage): Promise<void> {
  try {
    await storage.snapshot();
  } catch (error) {
    const isGivenUp = error instanceof KvError && error.code === 'UNAVAILABLE';
    if (!isGivenUp && !hasStopped(error)) throw error;
  }
}

/** Waits for all, and fails with what the first fails with that does. */
async function all(promises: readonly Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(promises);
  await Promise.all(promises);
}

/** The error of whatever is done when the machine has stopped. */
const STOPPED = 'ESTOPPED';

/** From a call on, all fail. */
function stopAt(index: number): (call: Call) => void {
  return (call) => {
    if (call.index >= index) throw failure(STOPPED, call.path);
  };
}

/** Whether it is because the machine has stopped that something was refused. */
function hasStopped(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ('code' in error && error.code === STOPPED) || hasStopped(error.cause);
}

/** Has the disk take no time, or that of some turns of the event loop. */
function slowly(random: () => number): SimulatedFileSystem['delay'] {
  return () => {
    const turns = Math.floor(random() * 4);
    return turns === 0 ? undefined : later(turns);
  };
}

async function later(turns: number): Promise<void> {
  for (let i = 0; i < turns; i++) await settled();
}

/** What is found when a storage is opened again, and how many changes have led there. */
interface Found {
  readonly contents: Contents;
  readonly sequence: number;
}

const NOTHING: Found = { contents: Object.fromEntries(TABLES.map((t) => [t, {}])), sequence: 0 };

async function find(fileSystem: SimulatedFileSystem): Promise<Found> {
  const { storage } = await openStorage(directory, fileSystem);
  const found = {
    contents: await contentsOf(storage, TABLES),
    sequence: storage.stats().committed,
  };
  await storage.close();
  return found;
}

/** Holds what is found after a cut of the power to what was promised before. */
function check(found: Found, machine: Machine, { fsync }: Partial<WalStorageOptions>): void {
  // A write is there whole or not at all, and then none is that was called later.
  expect(found.contents).toEqual(machine.history.after(found.sequence));
  expect(found.sequence).toBeGreaterThanOrEqual(machine.durable);
  if (fsync !== 'always') return;
  expect(found.sequence).toBeGreaterThanOrEqual(machine.acknowledged);
  expect(found.sequence).toBeGreaterThanOrEqual(machine.seen);
}

/** Writes before a snapshot, while it is taken and after it, twice. */
const AROUND_SNAPSHOTS: readonly Step[] = [0, 1].flatMap((round): Step[] => {
  const write = (n: number): Step => ({
    kind: 'write',
    snapshot: n - round === 1,
    writes: TABLES.map((table, i) => ({
      table,
      ops: [
        { key: KEYS[(i + n) % KEYS.length] as string, length: 100 },
        { key: KEYS[(i + n + 1) % KEYS.length] as string, length: n % 3 === 0 ? 'delete' : 50 },
      ],
    })),
  });
  return [...[0, 1, 2, 3, 4, 5].map((n) => write(n + round)), { kind: 'pass', ms: 600 }];
});

/** What may become of what was not durable: contents without their names, names without their contents, or some. */
const CHANCES: readonly (() => () => number)[] = [
  () => () => 0,
  () => () => 0.9,
  () => randomFrom(1),
];

describe.each(MODES)('a storage with %o', (mode) => {
  // Either is carried out in the midst of the other.
  it.each([
    ['snapshots take longer than writes', 'snapshot'],
    ['writes take longer than snapshots', '.log'],
  ])(
    'has what it has promised, whichever call the power is cut at, if %s',
    async (_, slow) => {
      for (let calls = 0, over = false; !over; calls++) {
        const fileSystem = new SimulatedFileSystem();
        fileSystem.onCall = stopAt(calls);
        fileSystem.delay = (operation, path) =>
          operation === 'write' && path.includes(slow) ? later(3) : undefined;
        // Larger segments: else what is written later makes durable what was before.
        const options = { ...mode, segmentBytes: 16 * 1024 };
        const machine = new Machine(fileSystem, options, new WriteHistory(NOTHING.contents, 0));
        let after: readonly SimulatedFileSystem[] = [];
        try {
          await machine.live(AROUND_SNAPSHOTS);
          over = fileSystem.calls <= calls;
          after = CHANCES.map((chance) => fileSystem.afterCrash(chance()));
        } finally {
          await machine.end();
        }
        for (const each of after) check(await find(each), machine, mode);
      }
    },
    60_000,
  );

  it('has, after cuts of the power, what it has promised, and a beginning of all writes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 4 }), async (lives) => {
        let fileSystem = new SimulatedFileSystem();
        let found = NOTHING;
        for (const { steps, calls, seed, ...options } of lives) {
          const random = randomFrom(seed);
          fileSystem.onCall = stopAt(calls);
          fileSystem.delay = slowly(random);
          const history = new WriteHistory(found.contents, found.sequence);
          const machine = new Machine(fileSystem, { ...mode, ...options }, history);
          try {
            await machine.live(steps);
            fileSystem = fileSystem.afterCrash(random);
          } finally {
            await machine.end();
          }

          found = await find(fileSystem.copy());
          check(found, machine, mode);
        }
      }),
      { numRuns: 80 },
    );
  }, 60_000);
});

async function collected(entries: Iterable<Entry> | AsyncIterable<Entry>): Promise<Entry[]> {
  const all: Entry[] = [];
  for await (const entry of entries) all.push(entry);
  return all;
}

describe('a write that is not yet on the disk', () => {
  const READS: Readonly<Record<string, (storage: WalStorage) => unknown>> = {
    get: (storage) => storage.get('a', 'k1'),
    getMany: (storage) => storage.getMany('a', ['k1']),
    contains: (storage) => storage.contains('a', 'k1'),
    getAll: (storage) => storage.getAll('a'),
    getIter: (storage) => collected(storage.getIter('a')),
    scan: (storage) =>
      storage.scan('a', { position: undefined, limit: 10, prefix: '', maxBytes: 1000 }),
  };

  it.each(Object.entries(READS))('is not seen by %s, which waits for it', async (_, read) => {
    const fileSystem = new SimulatedFileSystem();
    const { storage } = await openStorage(directory, fileSystem, { fsync: 'always' });
    let goOn = (): void => {};
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    fileSystem.delay = (operation) => (operation === 'write' ? held : undefined);
    let answers = 0;
    const answered = <T>(answer: Awaitable<T>): Promise<T> =>
      Promise.resolve(answer).finally(() => answers++);
    const written = answered(storage.set('a', 'k1', 'v'));
    const first = answered(read(storage));
    await later(10);
    // Also what is asked for when the disk is at it already.
    const second = answered(read(storage));
    await later(10);
    expect(answers).toBe(0);
    const crashed = fileSystem.afterCrash(() => 0);

    goOn();
    expect(await written).toBeUndefined();
    const durable = await read(storage);
    expect([await first, await second]).toEqual([durable, durable]);
    await storage.close();

    expect((await find(crashed)).contents).toEqual(NOTHING.contents);
  });
});
