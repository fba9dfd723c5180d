import type { KvError } from '@kv/protocol';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { randomFrom } from '../testing/random.js';
import { failure, SimulatedFileSystem } from '../testing/simulated-file-system.js';
import { append, commit, DIRECTORY, openLog } from '../testing/test-log.js';
import { snapshotName } from './file-names.js';
import type { Log } from './log.js';
import type { LogOptions } from './log-options.js';

const HASH_SEED = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

/** What a log tells: each change sets a key, `key=value`. */
type State = ReadonlyMap<string, string>;

function stateOf(changes: readonly string[]): State {
  return new Map(changes.map((change) => change.split('=') as [string, string]));
}

/** Commits changes that set one of seven keys each, numbered from one on. */
async function commitNumbered(log: Log, from: number, to: number): Promise<string[]> {
  const changes: string[] = [];
  for (let i = from; i <= to; i++) {
    changes.push(`key${i % 7}=${i}`);
    await commit(log, changes.at(-1) as string);
  }
  return changes;
}

/** Writes a snapshot of a state, an entry to a block, and has the log begin with it. */
async function snapshot(log: Log, start: number, state: State, end: number): Promise<void> {
  const writer = await log.createSnapshot(start, HASH_SEED);
  for (const [key, value] of state) {
    append(writer.block, `${key}=${value}`);
    await writer.write();
  }
  await log.adoptSnapshot(writer, end);
}

const segments = (fileSystem: SimulatedFileSystem): string[] =>
  fileSystem.files(DIRECTORY).filter((name) => name.startsWith('segment-'));

describe('a log with a snapshot', () => {
  it('begins with it, and goes on with the changes after it', async () => {
    const { log, fileSystem } = await openLog(new SimulatedFileSystem());
    const changes = await commitNumbered(log, 1, 50);
    await snapshot(log, 40, stateOf(changes.slice(0, 40)), 40);
    expect(log.snapshot).toEqual({ start: 40, end: 40 });
    await log.close();
    const seeds: Uint8Array[] = [];
    const { log: again, replayed } = await openLog(fileSystem, {}, (seed) => seeds.push(seed));
    expect(seeds).toEqual([HASH_SEED]);
    expect(replayed.slice(0, 7).sort()).toEqual(
      [...stateOf(changes.slice(0, 40))].map(([key, value]) => `${key}=${value}`).sort(),
    );
    expect(replayed.slice(7)).toEqual(changes.slice(40));
    expect([again.committed, again.durable, again.snapshot]).toEqual([
      50,
      50,
      { start: 40, end: 40 },
    ]);
    expect(again.recovery.changes).toBe(17);
  });

  it('has no segments that end before it', async () => {
    const { log, fileSystem } = await openLog(new SimulatedFileSystem());
    const changes = await commitNumbered(log, 1, 50);
    const before = segments(fileSystem);
    await snapshot(log, 30, stateOf(changes.slice(0, 30)), 50);
    const after = segments(fileSystem);
    expect(after.length).toBeLessThan(before.length);
    expect(before.slice(-after.length)).toEqual(after);
    log.rotate();
    await commitNumbered(log, 51, 51);
    await snapshot(log, 50, stateOf(changes), 51);
    // The one that is being written, which has the change after it.
    expect(segments(fileSystem).filter((name) => name.endsWith('.log'))).toHaveLength(1);
  });

  it('has fewer bytes than before, and tells how many', async () => {
    const { log, fileSystem } = await openLog(new SimulatedFileSystem());
    expect(log.bytes).toBe(64);
    // A segment has a header of 64 bytes, and room for 15 blocks as large.
    const changes = await commitNumbered(log, 1, 50);
    expect(log.bytes).toBe((4 + 50) * 64);
    await snapshot(log, 50, stateOf(changes), 50);
    expect(log.bytes).toBe((1 + 5) * 64);
    await log.close();
    const { log: again } = await openLog(fileSystem);
    expect(again.bytes).toBe((1 + 5 + 1) * 64);
  });

  it('has just the last one', async () => {
    const { log, fileSystem } = await openLog(new SimulatedFileSystem());
    const changes = await commitNumbered(log, 1, 20);
    await snapshot(log, 10, stateOf(changes.slice(0, 10)), 10);
    await snapshot(log, 20, stateOf(changes), 20);
    // At the same place, it takes the place of the one before.
    await snapshot(log, 20, stateOf(changes), 20);
    const snapshots = fileSystem.files(DIRECTORY).filter((name) => name.startsWith('snapshot-'));
    expect(snapshots).toEqual([snapshotName(20)]);
    await log.close();
    const { replayed } = await openLog(fileSystem);
    expect(stateOf(replayed)).toEqual(stateOf(changes));
  });

  it('goes on with a snapshot alone, through openings', async () => {
    const { log, fileSystem } = await openLog(new SimulatedFileSystem());
    const changes = await commitNumbered(log, 1, 20);
    await snapshot(log, 20, stateOf(changes), 20);
    await log.close();
    for (let i = 0; i < 3; i++) {
      const { log: again, replayed } = await openLog(fileSystem);
      expect(stateOf(replayed)).toEqual(stateOf(changes));
      expect(again.committed).toBe(20);
      await again.close();
    }
    const { log: again } = await openLog(fileSystem);
    changes.push(...(await commitNumbered(again, 21, 30)));
    await again.close();
    const last = await openLog(fileSystem);
    expect([last.log.committed, stateOf(last.replayed)]).toEqual([30, stateOf(changes)]);
  });

  it('may be empty', async () => {
    const { log, fileSystem } = await openLog(new SimulatedFileSystem());
    await snapshot(log, 0, new Map(), 0);
    await log.close();
    expect((await openLog(fileSystem)).replayed).toEqual([]);
  });

  it('needs what is in it to be committed', async () => {
    const { log } = await openLog(new SimulatedFileSystem());
    await commitNumbered(log, 1, 5);
    const writer = await log.createSnapshot(5, HASH_SEED);
    await expect(log.adoptSnapshot(writer, 6)).rejects.toThrow(RangeError);
  });

  it('is durable as far as the snapshot may have changes', async () => {
    const { log } = await openLog(new SimulatedFileSystem(), { fsync: 'never' });
    const changes = await commitNumbered(log, 1, 5);
    expect(log.durable).toBe(0);
    await snapshot(log, 2, stateOf(changes), 5);
    expect(log.durable).toBe(5);
  });

  it('is as it was when one is given up, and leaves nothing of it', async () => {
    const { log, fileSystem } = await openLog(new SimulatedFileSystem());
    const changes = await commitNumbered(log, 1, 5);
    const before = fileSystem.files(DIRECTORY);
    const writer = await log.createSnapshot(5, HASH_SEED);
    append(writer.block, 'key=1');
    await writer.write();
    await writer.abandon();
    expect(fileSystem.files(DIRECTORY)).toEqual(before);
    await log.close();
    expect(fileSystem.openFiles).toBe(0);
    expect((await openLog(fileSystem)).replayed).toEqual(changes);
  });
});

describe('a snapshot that is not as it was written', () => {
  let original: SimulatedFileSystem;

  beforeAll(async () => {
    const { log, fileSystem } = await openLog(new SimulatedFileSystem());
    const changes = await commitNumbered(log, 1, 20);
    await snapshot(log, 10, stateOf(changes.slice(0, 10)), 20);
    await log.close();
    original = fileSystem;
  });

  async function damaged(
    change: (content: Buffer) => Buffer | undefined,
  ): Promise<{ message: string; path: string }> {
    const fileSystem = original.copy();
    const path = `${DIRECTORY}/${snapshotName(10)}`;
    const content = change(Buffer.from(fileSystem.content(path)));
    if (content === undefined) fileSystem.delete(path);
    else fileSystem.put(path, content);
    const error = (await openLog(fileSystem).catch((error) => error)) as KvError;
    expect(error.code).toBe('STORAGE_FAILURE');
    return { message: error.message, path };
  }

  /** Header; seven blocks of a header, a record's header, and a text of six or seven bytes; the end. */
  const BLOCK_BYTES = 64;
  const SIZE = 64 + 7 * BLOCK_BYTES + 48;
  const blockAt = (at: number): number => (at < 64 ? 0 : at - (at % BLOCK_BYTES));

  it('is damage where a bit is another', async () => {
    for (let at = 0; at < SIZE; at++) {
      const { message, path } = await damaged((content) => {
        expect(content.length).toBe(SIZE);
        content[at] = (content[at] as number) ^ (1 << (at % 8));
        return content;
      });
      expect(message).toContain(`${path} is damaged at byte ${blockAt(at)}: `);
    }
  });

  it('is damage where it ends too soon', async () => {
    for (let end = 0; end < SIZE; end++) {
      const { message, path } = await damaged((content) => content.subarray(0, end));
      expect(message).toContain(`${path} is damaged at byte ${blockAt(end)}: `);
    }
  });

  it('is damage when it is missing', async () => {
    const { message, path } = await damaged(() => undefined);
    expect(message).toBe(
      `${path} is damaged at byte 0: it is missing; a repair (kv repair, repairWal) keeps what can be read`,
    );
  });
});

describe('a log that does not go as far as its snapshot may have changes', () => {
  it('is damaged', async () => {
    const { log, fileSystem } = await openLog(new SimulatedFileSystem(), { segmentBytes: 10_000 });
    const changes = await commitNumbered(log, 1, 15);
    await snapshot(log, 10, stateOf(changes), 15);
    changes.push(...(await commitNumbered(log, 16, 16)));
    const path = `${DIRECTORY}/${segments(fileSystem)[0]}`;
    const killed = fileSystem.copy();
    const open = (blocks: number) => {
      const cut = killed.copy();
      cut.put(path, cut.content(path).subarray(0, 64 + blocks * 64));
      return openLog(cut);
    };
    await expect(open(14)).rejects.toThrow('the changes up to 15 were durable');
    const { replayed } = await open(15);
    expect(replayed.slice(-5)).toEqual(changes.slice(10, 15));
  });
});

describe('a snapshot that cannot be written', () => {
  it('leaves the log as it was, whichever call fails', async () => {
    const prepare = async () => {
      const opened = await openLog(new SimulatedFileSystem());
      const changes = await commitNumbered(opened.log, 1, 30);
      await snapshot(opened.log, 10, stateOf(changes.slice(0, 10)), 10);
      return { ...opened, changes };
    };
    const counted = await prepare();
    const from = counted.fileSystem.calls;
    await snapshot(counted.log, 20, stateOf(counted.changes.slice(0, 20)), 30);
    const to = counted.fileSystem.calls;
    for (let n = from; n < to; n++) {
      const { log, fileSystem, changes } = await prepare();
      fileSystem.onCall = ({ index, path }) => {
        if (index === n) throw failure('ENOSPC', path);
      };
      const failed = await snapshot(log, 20, stateOf(changes.slice(0, 20)), 30).catch(
        (error) => error,
      );
      expect(
        failed === undefined || failed.code === 'ENOSPC' || failed.cause.code === 'ENOSPC',
      ).toBe(true);
      expect(log.state).toBe('open');
      changes.push(...(await commitNumbered(log, 31, 40)));
      const killed = fileSystem.copy();
      const { replayed, log: again } = await openLog(killed);
      expect([again.committed, stateOf(replayed)]).toEqual([40, stateOf(changes)]);
    }
  });
});

describe('a log that crashes around snapshots', () => {
  const MODES: readonly Partial<LogOptions>[] = [{ fsync: 'always' }, { fsync: 'never' }];

  it.each(MODES)('tells a state that there was, with %o', async (mode) => {
    const rounds = fc.array(fc.tuple(fc.nat({ max: 12 }), fc.nat({ max: 12 })), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(rounds, fc.nat({ max: 300 }), fc.nat(), async (all, calls, seed) => {
        const fileSystem = new SimulatedFileSystem();
        fileSystem.onCall = ({ index, path }) => {
          if (index >= calls) throw failure('EIO', path);
        };
        const changes: string[] = [];
        let durable = 0;
        const live = async () => {
          const { log } = await openLog(fileSystem, mode);
          for (const [before, during] of all) {
            const start = changes.length;
            for (let i = 0; i < before + during; i++) {
              changes.push(`key${changes.length % 7}=${changes.length}`);
              await commit(log, changes.at(-1) as string);
              durable = log.durable;
            }
            await snapshot(log, start + before, stateOf(changes), changes.length);
            durable = log.durable;
          }
        };
        await live().catch((error) => expect(error.cause?.code ?? error.code).toBe('EIO'));
        const { log, replayed } = await openLog(fileSystem.afterCrash(randomFrom(seed)), mode);
        expect(stateOf(replayed)).toEqual(stateOf(changes.slice(0, log.committed)));
        expect(log.committed).toBeGreaterThanOrEqual(durable);
      }),
      { numRuns: 150 },
    );
  });
});
