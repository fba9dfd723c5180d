import type { KvError } from '@kv/protocol';
import { describe, expect, it } from 'vitest';
import { settled } from '../testing/simulated-clock.js';
import { type Call, failure, SimulatedFileSystem } from '../testing/simulated-file-system.js';
import { append, commit, DIRECTORY, openLog, type TestLog } from '../testing/test-log.js';
import { segmentName } from './file-names.js';
import type { LogOptions } from './log-options.js';

const MODES: readonly Partial<LogOptions>[] = [
  { fsync: 'always' },
  { fsync: 'always', inline: true },
  { fsync: 'everysec' },
  { fsync: 'never' },
];
const CODES = ['ENOSPC', 'EIO'] as const;

/** Has one call fail, or all from it on; those before do not. */
function failing(index: number, code: string, count: number): (call: Call) => void {
  return (call) => {
    if (call.index >= index && call.index < index + count) throw failure(code, call.path);
  };
}

/** Has all writes to segments fail that add blocks. */
function failingWrites(code: string): (call: Call) => void {
  return ({ operation, path }) => {
    const isWrite = operation === 'write' || operation === 'writeSync';
    if (isWrite && path.endsWith('.log')) throw failure(code, path);
  };
}

/** What happened to a log while something failed. */
interface Story {
  /** The changes whose commits were over. */
  readonly committed: string[];
  /** What each commit failed with that did, and at last closing. */
  readonly errors: KvError[];
  durable: number;
  opened: boolean;
}

/** Opens a log, commits to it, lets time pass, closes it; goes on whatever fails. */
async function story(fileSystem: SimulatedFileSystem, mode: Partial<LogOptions>): Promise<Story> {
  const told: Story = { committed: [], errors: [], durable: 0, opened: false };
  let opened: TestLog;
  try {
    opened = await openLog(fileSystem, { ...mode, segmentBytes: 512 });
  } catch (error) {
    told.errors.push(error as KvError);
    return told;
  }
  told.opened = true;
  const { log, clock } = opened;
  for (let i = 1; i <= 24; i++) {
    try {
      await commit(log, `change ${i}`);
      told.committed.push(`change ${i}`);
    } catch (error) {
      told.errors.push(error as KvError);
      expect(log.state).toBe('read-only');
      await settled();
    }
    expect(log.committed).toBe(told.committed.length);
    if (i % 3 === 0) await clock.pass(1000);
  }
  told.durable = log.durable;
  await log.close().catch((error) => told.errors.push(error as KvError));
  expect(fileSystem.openFiles).toBe(0);
  return told;
}

describe.each(MODES)('a log with %o', (mode) => {
  it.each(CODES)(
    'has all that was committed, and nothing else, whichever call fails with %s',
    async (code) => {
      const calls = new SimulatedFileSystem();
      await story(calls, mode);
      let failures = 0;
      for (let n = 0; n < calls.calls; n++) {
        const fileSystem = new SimulatedFileSystem();
        let failed: Call | undefined;
        fileSystem.onCall = (call) => {
          if (call.index !== n) return;
          failed = call;
          throw failure(code, call.path);
        };
        const { committed, errors, opened } = await story(fileSystem, mode);
        fileSystem.onCall = () => {};
        for (const error of errors) {
          failures++;
          expect(error).toMatchObject({ code: 'STORAGE_FAILURE', cause: { code } });
        }
        const { replayed, warnings } = await openLog(fileSystem);
        // What the system could not take is nowhere, once it was tried to write behind it.
        expect([failed, replayed]).toEqual([failed, committed]);
        expect(warnings).toEqual([]);
        // Room may be there again; what is lost is lost.
        if (code === 'ENOSPC' && opened && failed?.operation !== 'datasync') {
          expect(errors.length).toBeLessThanOrEqual(1);
        }
      }
      expect(failures).toBeGreaterThan(10);
    },
  );

  it.each(CODES)(
    'has all that was committed, and nothing else, if all fails with %s from any call on',
    async (code) => {
      const calls = new SimulatedFileSystem();
      await story(calls, mode);
      for (let n = 0; n < calls.calls; n++) {
        const fileSystem = new SimulatedFileSystem();
        fileSystem.onCall = failing(n, code, Number.POSITIVE_INFINITY);
        const { committed } = await story(fileSystem, mode);
        fileSystem.onCall = () => {};
        const { replayed } = await openLog(fileSystem);
        expect(replayed).toEqual(committed);
      }
    },
  );

  it.each(CODES)(
    'has what was durable, if the machine crashes after any call failed with %s',
    async (code) => {
      const calls = new SimulatedFileSystem();
      await story(calls, mode);
      for (let n = 0; n < calls.calls; n++) {
        const fileSystem = new SimulatedFileSystem();
        fileSystem.onCall = failing(n, code, 1);
        const { durable, committed } = await story(fileSystem, mode);
        const { replayed } = await openLog(fileSystem.afterCrash(() => 0));
        expect(replayed).toEqual(committed.slice(0, replayed.length));
        expect(replayed.length).toBeGreaterThanOrEqual(durable);
      }
    },
  );
});

describe.each(MODES)('a log with %o that has no more room', (mode) => {
  it('fails what is committed, and takes changes again when there is room', async () => {
    const { log, fileSystem, clock, warnings } = await openLog(new SimulatedFileSystem(), mode);
    await commit(log, 'a');
    fileSystem.onCall = failingWrites('ENOSPC');
    const failed = expect.objectContaining({
      code: 'STORAGE_FAILURE',
      message: 'The log could not be written',
      cause: expect.objectContaining({ code: 'ENOSPC' }),
    });
    await expect(commit(log, 'b')).rejects.toThrow(failed);
    expect([log.state, log.committed]).toEqual(['read-only', 1]);
    expect(log.refusal()).toBe(log.problem);
    expect(log.problem).toEqual(failed);
    await expect(commit(log, 'c')).rejects.toBe(log.problem);
    fileSystem.onCall = () => {};
    await clock.pass(999);
    expect(log.refusal()).toBe(log.problem);
    await clock.pass(1);
    expect(log.state).toBe('read-only');
    // Nobody tries before somebody wants to write.
    expect(log.refusal()).toBe(log.problem);
    await settled();
    expect([log.state, log.problem, log.refusal()]).toEqual(['open', undefined, undefined]);
    await commit(log, 'd');
    await log.close();
    expect(warnings).toEqual([
      `The log in ${DIRECTORY} takes no changes: ENOSPC: ${DIRECTORY}/segment-0000000000000001.log`,
      `The log in ${DIRECTORY} takes changes again`,
    ]);
    expect((await openLog(fileSystem)).replayed).toEqual(['a', 'd']);
  });

  it('tries once a second at the most, and one time after another', async () => {
    const { log, fileSystem, clock } = await openLog(new SimulatedFileSystem(), mode);
    let tries = 0;
    const fail = failingWrites('ENOSPC');
    fileSystem.onCall = (call) => {
      if (call.operation === 'write' && call.path.endsWith('.log')) tries++;
      fail(call);
    };
    await expect(commit(log, 'a')).rejects.toThrow();
    await settled();
    tries = 0;
    for (let i = 0; i < 10; i++) {
      for (let j = 0; j < 5; j++) log.refusal();
      await clock.pass(500);
    }
    // At 1, 2, 3 and 4 seconds of 4.5.
    expect(tries).toBe(4);
  });

  it('has nothing of what was not taken, however large that was', async () => {
    const { log, fileSystem, clock } = await openLog(new SimulatedFileSystem(), mode);
    fileSystem.onCall = failingWrites('ENOSPC');
    await expect(commit(log, 'x'.repeat(300_000))).rejects.toThrow();
    fileSystem.onCall = () => {};
    await clock.pass(1000);
    log.refusal();
    await settled();
    await commit(log, 'a');
    const { replayed, warnings } = await openLog(fileSystem.copy());
    expect([replayed, warnings]).toEqual([['a'], []]);
  });

  it('takes no changes as long as there is room for few', async () => {
    const { log, fileSystem, clock } = await openLog(new SimulatedFileSystem(), mode);
    let room = 1000;
    fileSystem.onCall = ({ path, end }) => {
      if (path.endsWith('.log') && end > room) throw failure('ENOSPC', path);
    };
    await commit(log, 'a');
    await expect(commit(log, 'x'.repeat(1000))).rejects.toThrow();
    room = 20_000;
    await clock.pass(1000);
    log.refusal();
    await settled();
    expect(log.state).toBe('read-only');
    room = 100_000;
    await clock.pass(1000);
    log.refusal();
    await settled();
    expect(log.state).toBe('open');
  });

  it('gives what it has when it is opened again', async () => {
    const { log, fileSystem } = await openLog(new SimulatedFileSystem(), mode);
    await commit(log, 'a');
    fileSystem.onCall = failingWrites('ENOSPC');
    await expect(commit(log, 'b')).rejects.toThrow();
    await log.close();
    fileSystem.onCall = () => {};
    expect((await openLog(fileSystem)).replayed).toEqual(['a']);
  });
});

describe('a log whose next segment cannot be made', () => {
  it.each(['ENOSPC', 'EMFILE'])(
    'takes changes as long as there is room, and again, after %s',
    async (code) => {
      const { log, fileSystem, clock } = await openLog(new SimulatedFileSystem());
      fileSystem.onCall = ({ operation, path }) => {
        if (operation === 'open' && path.endsWith('.tmp')) throw failure(code, path);
      };
      // A segment has room for three.
      for (let i = 0; i < 3; i++) await commit(log, 'x'.repeat(250));
      expect(log.state).toBe('open');
      await expect(commit(log, 'x'.repeat(250))).rejects.toThrow(
        expect.objectContaining({ cause: expect.objectContaining({ code }) }),
      );
      expect(log.state).toBe('read-only');
      fileSystem.onCall = () => {};
      await clock.pass(1000);
      log.refusal();
      await settled();
      expect(log.state).toBe('open');
      await commit(log, 'x'.repeat(250));
      expect(log.committed).toBe(4);
      await log.close();
      expect((await openLog(fileSystem)).replayed).toHaveLength(4);
    },
  );
});

describe('a log whose next segment cannot be made ahead', () => {
  it('tries that again after a second, and not with each commit', async () => {
    const { log, fileSystem, clock } = await openLog(new SimulatedFileSystem(), {
      segmentBytes: 64 * 1024,
    });
    let tries = 0;
    fileSystem.onCall = ({ operation, path }) => {
      if (operation !== 'open' || !path.endsWith('.tmp')) return;
      tries++;
      throw failure('ENOSPC', path);
    };
    await commit(log, 'x'.repeat(40 * 1024));
    for (let i = 0; i < 10; i++) {
      await commit(log, 'x');
      await clock.pass(0);
    }
    expect(tries).toBe(1);
    await clock.pass(1000);
    await commit(log, 'x');
    await clock.pass(0);
    await commit(log, 'x');
    expect([tries, log.state]).toEqual([2, 'open']);
  });
});

describe('a log that is closed while it tries whether there is room', () => {
  it('waits for that', async () => {
    const { log, fileSystem } = await openLog(new SimulatedFileSystem(), { fsync: 'never' });
    await commit(log, 'a');
    fileSystem.onCall = failingWrites('ENOSPC');
    let goOn = (): void => {};
    const held = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    fileSystem.delay = () => held;
    await expect(commit(log, 'b')).rejects.toThrow();
    fileSystem.onCall = () => {};
    const closed = log.close();
    await settled();
    expect(fileSystem.openFiles).toBe(1);
    fileSystem.delay = () => undefined;
    goOn();
    await closed;
    // What it had written meanwhile would be more than that.
    expect(fileSystem.content(`${DIRECTORY}/${segmentName(1)}`).length).toBe(64 + 64);
    expect(fileSystem.openFiles).toBe(0);
  });
});

describe('a log that the system says it could not write', () => {
  it.each(MODES)('takes no changes any more with %o', async (mode) => {
    const { log, fileSystem, clock } = await openLog(new SimulatedFileSystem(), mode);
    await commit(log, 'a');
    fileSystem.onCall = failingWrites('EIO');
    await expect(commit(log, 'b')).rejects.toThrow(
      expect.objectContaining({ cause: expect.objectContaining({ code: 'EIO' }) }),
    );
    fileSystem.onCall = () => {};
    await clock.pass(10_000);
    expect(log.refusal()).toBe(log.problem);
    await clock.pass(10_000);
    expect(log.state).toBe('read-only');
    append(log.block, 'c');
    expect(() => log.commit()).toThrow(log.problem);
    await log.close();
    expect((await openLog(fileSystem)).replayed).toEqual(['a']);
  });
});

describe('a log that could not be made durable', () => {
  /** Commits, and has the sync fail that follows. */
  async function lose(options: Partial<LogOptions>): Promise<TestLog> {
    const opened = await openLog(new SimulatedFileSystem(), options);
    const { log, fileSystem, clock } = opened;
    await commit(log, 'a');
    await log.sync();
    await commit(log, 'b');
    fileSystem.onCall = ({ operation, path }) => {
      if (operation === 'datasync') throw failure('EIO', path);
    };
    await (options.fsync === 'everysec' ? clock.pass(1000) : log.sync().catch(() => {}));
    // The system would say that all is well, the next time.
    fileSystem.onCall = () => {};
    return opened;
  }

  it.each(['everysec', 'never'] as const)('takes no changes any more with %s', async (fsync) => {
    const { log, clock, warnings } = await lose({ fsync });
    const lost = expect.objectContaining({
      code: 'STORAGE_FAILURE',
      message: 'The log could not be made durable',
      cause: expect.objectContaining({ code: 'EIO' }),
    });
    expect([log.state, log.problem, log.durable]).toEqual(['read-only', lost, 1]);
    await clock.pass(10_000);
    expect(log.refusal()).toEqual(lost);
    append(log.block, 'c');
    expect(() => log.commit()).toThrow(lost);
    expect(warnings).toHaveLength(1);
  });

  it.each(['everysec', 'never'] as const)(
    'never says that it is durable, with %s',
    async (fsync) => {
      const { log, fileSystem } = await lose({ fsync });
      await expect(log.sync()).rejects.toBe(log.problem);
      await expect(log.close()).rejects.toBe(log.problem);
      expect([log.durable, fileSystem.openFiles]).toEqual([1, 0]);
      // Nor is what was lost taken for damage.
      const { replayed } = await openLog(fileSystem.afterCrash(() => 0));
      expect(replayed).toEqual(['a']);
    },
  );

  it('is one also if it was a segment that was left', async () => {
    const { log, fileSystem, clock } = await openLog(new SimulatedFileSystem(), { fsync: 'never' });
    fileSystem.onCall = ({ operation, path }) => {
      if (operation === 'datasync' && path.endsWith('.log')) throw failure('EIO', path);
    };
    for (let i = 0; i < 5 && log.state === 'open'; i++) {
      await commit(log, 'x'.repeat(400));
      await clock.pass(0);
    }
    expect([log.state, log.durable]).toEqual(['read-only', 0]);
    fileSystem.onCall = () => {};
    await expect(log.close()).rejects.toBe(log.problem);
    expect(fileSystem.openFiles).toBe(0);
  });
});

describe('a log that could not be tidied up when it was closed', () => {
  it('is closed, and warns', async () => {
    const { log, fileSystem, warnings } = await openLog(new SimulatedFileSystem());
    await commit(log, 'a');
    fileSystem.onCall = ({ operation, path }) => {
      if (operation === 'rename') throw failure('EACCES', path);
    };
    await log.close();
    expect(warnings).toEqual([expect.stringContaining('EACCES')]);
    expect([log.state, fileSystem.openFiles]).toEqual(['closed', 0]);
    fileSystem.onCall = () => {};
    expect((await openLog(fileSystem)).replayed).toEqual(['a']);
  });
});
