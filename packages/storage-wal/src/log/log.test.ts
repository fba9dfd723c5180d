import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SEGMENT_HEADER_BYTES } from '../format/segment-header.js';
import { settled } from '../testing/simulated-clock.js';
import { SimulatedFileSystem } from '../testing/simulated-file-system.js';
import { append, appendMany, commit, DIRECTORY, openLog, texts } from '../testing/test-log.js';
import { segmentName } from './file-names.js';
import type { LogOptions } from './log-options.js';

/** A promise, and what fulfils it. */
function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

const MODES = [
  { fsync: 'always', inline: false },
  { fsync: 'always', inline: true },
  { fsync: 'everysec', inline: false },
  { fsync: 'never', inline: false },
] as const;

const ON_LOOP = MODES.filter(({ fsync, inline }) => inline || fsync !== 'always');

const segments = (fileSystem: SimulatedFileSystem): string[] =>
  fileSystem.files(DIRECTORY).filter((name) => name.startsWith('segment-'));

describe.each(MODES)('a log with %o', (mode) => {
  it('gives back what was committed, in order, when it is opened again', async () => {
    const { log, fileSystem, replayed } = await openLog(new SimulatedFileSystem(), mode);
    expect(replayed).toEqual([]);
    await commit(log, ...texts(1, 3));
    await commit(log, ...texts(4, 4));
    append(log.block, 'change 5');
    appendMany(log.block, 'change 6', 'change 7');
    append(log.block, 'change 8');
    await log.commit();
    await log.close();
    const again = await openLog(fileSystem, mode);
    expect(again.replayed).toEqual(texts(1, 8));
    expect(again.warnings).toEqual([]);
    expect(again.log.recovery).toMatchObject({ changes: 8, cut: undefined });
  });

  it('goes on where it ended, as often as it is opened', async () => {
    const fileSystem = new SimulatedFileSystem();
    for (let i = 0; i < 5; i++) {
      const { log, replayed } = await openLog(fileSystem, mode);
      expect(replayed).toEqual(texts(1, 2 * i));
      expect([log.epoch, log.committed, log.durable]).toEqual([i + 1, 2 * i, 2 * i]);
      await commit(log, ...texts(2 * i + 1, 2 * i + 2));
      await log.close();
    }
  });

  it('goes on in other segments when one is full, and needs no more room than what is in them', async () => {
    const { log, fileSystem } = await openLog(new SimulatedFileSystem(), mode);
    for (let i = 0; i < 100; i++) await commit(log, ...texts(10 * i + 1, 10 * i + 10));
    await log.close();
    const files = segments(fileSystem);
    expect(files.length).toBeGreaterThan(20);
    for (const name of files) {
      const { length } = fileSystem.content(`${DIRECTORY}/${name}`);
      expect(length).toBeGreaterThan(SEGMENT_HEADER_BYTES);
      expect(length).toBeLessThanOrEqual(1024);
    }
    const again = await openLog(fileSystem, mode);
    expect(again.replayed).toEqual(texts(1, 1000));
  });

  it('has a segment of its own for a block that is larger than one', async () => {
    const { log, fileSystem } = await openLog(new SimulatedFileSystem(), mode);
    const large = 'x'.repeat(5000);
    await commit(log, large);
    await commit(log, 'small');
    await commit(log, large);
    await log.close();
    expect(segments(fileSystem)).toHaveLength(3);
    const again = await openLog(fileSystem, mode);
    expect(again.replayed).toEqual([large, 'small', large]);
  });

  it('leaves no file open, and none that does not count', async () => {
    const { log, fileSystem, clock } = await openLog(new SimulatedFileSystem(), mode);
    for (let i = 0; i < 30; i++) await commit(log, ...texts(1, 10));
    await log.close();
    expect([fileSystem.openFiles, clock.timers]).toEqual([0, 0]);
    const again = await openLog(fileSystem, mode);
    expect(fileSystem.files(DIRECTORY)).toEqual(['manifest', ...segments(fileSystem)]);
    await again.log.close();
    expect(fileSystem.openFiles).toBe(0);
  });

  it('has one segment more at the most for each time that it was opened', async () => {
    const fileSystem = new SimulatedFileSystem();
    for (let i = 0; i < 10; i++) {
      const { log } = await openLog(fileSystem.copy(), mode);
      await log.close();
      await openLog(fileSystem, mode);
    }
    expect(segments(fileSystem)).toEqual([segmentName(1)]);
  });

  it('has been made durable when it is closed', async () => {
    const { log, fileSystem } = await openLog(new SimulatedFileSystem(), mode);
    for (let i = 0; i < 20; i++) await commit(log, ...texts(10 * i + 1, 10 * i + 10));
    await log.close();
    const again = await openLog(
      fileSystem.afterCrash(() => 0),
      mode,
    );
    expect(again.replayed).toEqual(texts(1, 200));
    expect(log.state).toBe('closed');
  });

  it('can be synced', async () => {
    const { log, fileSystem } = await openLog(new SimulatedFileSystem(), mode);
    for (let i = 0; i < 20; i++) await commit(log, ...texts(10 * i + 1, 10 * i + 10));
    await log.sync();
    expect([log.committed, log.durable]).toEqual([200, 200]);
    const again = await openLog(
      fileSystem.afterCrash(() => 0),
      mode,
    );
    expect(again.replayed).toEqual(texts(1, 200));
  });

  it('begins a segment when it is told to, and not without need', async () => {
    const { log, fileSystem } = await openLog(new SimulatedFileSystem(), mode);
    log.rotate();
    await commit(log, 'a');
    expect(segments(fileSystem)).toEqual([segmentName(1)]);
    log.rotate();
    log.rotate();
    await commit(log, 'b');
    await commit(log, 'c');
    await log.close();
    expect(segments(fileSystem)).toEqual([segmentName(1), segmentName(2)]);
    expect((await openLog(fileSystem, mode)).replayed).toEqual(['a', 'b', 'c']);
  });

  it('does nothing when there is nothing to commit', async () => {
    const { log, fileSystem } = await openLog(new SimulatedFileSystem(), mode);
    const { calls } = fileSystem;
    expect(log.commit()).toBeUndefined();
    log.block.beginMany();
    append(log.block);
    log.block.endMany();
    expect(log.commit()).toBeUndefined();
    expect([fileSystem.calls, log.committed]).toEqual([calls, 0]);
  });

  it('refuses to commit half a write', async () => {
    const { log } = await openLog(new SimulatedFileSystem(), mode);
    log.block.beginMany();
    expect(() => log.commit()).toThrow('begun and not ended');
    log.block.abandon();
    await commit(log, 'a');
    expect(log.committed).toBe(1);
  });

  it('refuses everything when it is closed', async () => {
    const { log } = await openLog(new SimulatedFileSystem(), mode);
    await log.close();
    append(log.block, 'a');
    const closed = expect.objectContaining({ code: 'UNAVAILABLE' });
    expect(log.refusal()).toEqual(closed);
    expect(() => log.commit()).toThrow(closed);
  });

  it('keeps writes whole, whatever they are made of', async () => {
    const write = fc.array(fc.string({ unit: 'binary', maxLength: 300 }), { maxLength: 5 });
    const commits = fc.array(fc.array(write, { maxLength: 5 }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(commits, async (blocks) => {
        const { log, fileSystem } = await openLog(new SimulatedFileSystem(), mode);
        for (const writes of blocks) {
          for (const write of writes) {
            if (write.length === 1) append(log.block, ...write);
            else appendMany(log.block, ...write);
          }
          await log.commit();
        }
        await log.close();
        const again = await openLog(fileSystem, mode);
        expect(again.replayed).toEqual(blocks.flat(2));
        expect(again.log.committed).toBe(blocks.flat(2).length);
      }),
      { numRuns: 30 },
    );
  });
});

describe.each(ON_LOOP)('a log with %o', (mode) => {
  it('commits at once', async () => {
    const { log } = await openLog(new SimulatedFileSystem(), mode);
    append(log.block, 'a');
    expect(log.commit()).toBeUndefined();
    expect(log.committed).toBe(1);
  });
});

describe('the blocks of a log', () => {
  it('take turns: what was committed can be read until the next commit', async () => {
    const { log } = await openLog(new SimulatedFileSystem());
    const first = log.block;
    append(first, 'a');
    const bytes = Buffer.from('xyz');
    const at = first.append(bytes, new DataView(bytes.buffer, bytes.byteOffset), 1, 3);
    const committing = log.commit();
    const second = log.block;
    expect(second).not.toBe(first);
    append(second, 'b');
    await committing;
    expect(first.out.bytes.toString('utf8', at, at + 2)).toBe('yz');
    expect([first.changes, second.changes]).toEqual([2, 1]);
    await log.commit();
    expect(log.block).toBe(first);
    expect(first.changes).toBe(0);
  });

  it('are not committed two at a time', async () => {
    const { log } = await openLog(new SimulatedFileSystem());
    append(log.block, 'a');
    const committing = log.commit();
    append(log.block, 'b');
    expect(() => log.commit()).toThrow('A commit is under way');
    await committing;
    await log.commit();
    expect(log.committed).toBe(2);
  });
});

describe('what is committed with always', () => {
  it.each([false, true])('is durable then, inline: %s', async (inline) => {
    const { log, fileSystem } = await openLog(new SimulatedFileSystem(), { inline });
    for (let i = 1; i <= 100; i++) {
      await commit(log, ...texts(i, i));
      expect(log.durable).toBe(i);
      const { replayed } = await openLog(fileSystem.afterCrash(() => 0));
      expect(replayed).toEqual(texts(1, i));
    }
  });
});

describe('what is committed with everysec', () => {
  const options: Partial<LogOptions> = { fsync: 'everysec' };

  it('is durable after a second', async () => {
    const { log, clock, fileSystem } = await openLog(new SimulatedFileSystem(), options);
    await commit(log, ...texts(1, 2));
    await clock.pass(999);
    expect([log.committed, log.durable]).toEqual([2, 0]);
    await commit(log, ...texts(3, 3));
    await clock.pass(1);
    expect([log.committed, log.durable]).toEqual([3, 3]);
    expect((await openLog(fileSystem.afterCrash(() => 0))).replayed).toEqual(texts(1, 3));
  });

  it('needs no timer when all is durable', async () => {
    const { log, clock } = await openLog(new SimulatedFileSystem(), options);
    expect(clock.timers).toBe(0);
    for (let i = 0; i < 3; i++) {
      await commit(log, 'a');
      expect(clock.timers).toBe(1);
      await clock.pass(1000);
      expect(clock.timers).toBe(0);
    }
  });

  it('is synced one time after another', async () => {
    const { log, clock, fileSystem } = await openLog(new SimulatedFileSystem(), options);
    let syncs = 0;
    fileSystem.onCall = ({ operation }) => {
      if (operation === 'datasync') syncs++;
    };
    await commit(log, 'a');
    await Promise.all([clock.pass(1000), log.sync(), log.sync()]);
    expect(syncs).toBe(1);
  });

  it('is durable in order, though segments are left meanwhile', async () => {
    const { log, fileSystem, clock } = await openLog(new SimulatedFileSystem(), options);
    for (let i = 0; i < 10; i++) {
      await commit(log, ...texts(20 * i + 1, 20 * i + 20));
      const durable = log.durable;
      const { replayed } = await openLog(fileSystem.afterCrash(() => 0));
      expect(replayed).toEqual(texts(1, replayed.length));
      expect(replayed.length).toBeGreaterThanOrEqual(durable);
    }
    await clock.pass(1000);
    expect(log.durable).toBe(200);
  });
});

describe('a log whose disk is slow', () => {
  /** Has calls wait until they are let go on. */
  function holdBack(
    fileSystem: SimulatedFileSystem,
    held: 'datasync' | 'write',
    name: string,
  ): () => Promise<void> {
    const { promise, resolve } = deferred();
    fileSystem.delay = (operation, path) =>
      operation === held && path.endsWith(name) ? promise : undefined;
    return () => {
      resolve();
      return settled();
    };
  }

  it.each(['everysec', 'never'] as const)(
    'is durable when the segments that were left are, with %s',
    async (fsync) => {
      const { log, fileSystem } = await openLog(new SimulatedFileSystem(), { fsync });
      const goOn = holdBack(fileSystem, 'datasync', segmentName(1));
      await commit(log, 'a');
      log.rotate();
      await commit(log, 'b');
      const synced = log.sync();
      await settled();
      expect([log.committed, log.durable]).toEqual([2, 0]);
      await goOn();
      await synced;
      expect([log.committed, log.durable]).toEqual([2, 2]);
    },
  );

  it('does not close a segment that was left while it is being made durable', async () => {
    const { log, fileSystem, warnings } = await openLog(new SimulatedFileSystem(), {
      fsync: 'never',
    });
    const { promise, resolve } = deferred();
    let syncs = 0;
    fileSystem.delay = (operation, path) => {
      if (operation !== 'datasync' || !path.endsWith(segmentName(1))) return undefined;
      return ++syncs === 1 ? promise : undefined;
    };
    await commit(log, 'a');
    const synced = log.sync();
    await settled();
    log.rotate();
    await commit(log, 'b');
    await settled();
    // The second is that of whoever leaves it.
    expect([syncs, fileSystem.openFiles]).toEqual([2, 2]);
    resolve();
    await synced;
    await log.close();
    expect([log.durable, warnings]).toEqual([2, []]);
  });

  it('keeps those waiting who write, before two segments are in memory', async () => {
    const { log, fileSystem } = await openLog(new SimulatedFileSystem(), { fsync: 'never' });
    const goOn = holdBack(fileSystem, 'datasync', segmentName(1));
    for (const text of ['a', 'b']) {
      await commit(log, text);
      log.rotate();
    }
    append(log.block, 'c');
    const committed = log.commit();
    await settled();
    expect([log.committed, segments(fileSystem)]).toEqual([2, [segmentName(1), segmentName(2)]]);
    await goOn();
    await committed;
    expect(log.committed).toBe(3);
  });

  it('does not write zeros over what is written meanwhile', async () => {
    const { log, fileSystem } = await openLog(new SimulatedFileSystem(), {
      segmentBytes: 4 * 1024 * 1024,
    });
    let writes = 0;
    const { promise, resolve } = deferred();
    fileSystem.delay = (operation) => {
      // After a block, room is made behind it: that is what waits.
      if (operation === 'write') writes++;
      return writes === 2 ? promise : undefined;
    };
    const large = 'x'.repeat(600_000);
    await commit(log, large);
    append(log.block, large);
    const committed = log.commit();
    await settled();
    expect([writes, log.committed]).toEqual([2, 1]);
    resolve();
    await committed;
    await log.close();
    expect((await openLog(fileSystem)).replayed).toEqual([large, large]);
  });

  it('is not closed while zeros are written behind what it has', async () => {
    const { log, fileSystem } = await openLog(new SimulatedFileSystem(), {
      segmentBytes: 4 * 1024 * 1024,
    });
    let writes = 0;
    const { promise, resolve } = deferred();
    fileSystem.delay = (operation, path) => {
      if (operation === 'write' && path.endsWith('.log')) writes++;
      return writes === 2 ? promise : undefined;
    };
    await commit(log, 'x'.repeat(600_000));
    const closed = log.close();
    await settled();
    expect([writes, fileSystem.openFiles]).toEqual([2, 1]);
    resolve();
    await closed;
    expect(fileSystem.openFiles).toBe(0);
    expect(fileSystem.content(`${DIRECTORY}/${segmentName(1)}`).length).toBeLessThan(700_000);
  });

  it('goes on writing meanwhile where there is room', async () => {
    const { log, fileSystem } = await openLog(new SimulatedFileSystem(), {
      segmentBytes: 4 * 1024 * 1024,
    });
    let writes = 0;
    const { promise, resolve } = deferred();
    fileSystem.delay = (operation) => {
      if (operation === 'write') writes++;
      return writes === 2 ? promise : undefined;
    };
    await commit(log, 'x'.repeat(600_000));
    const third = commit(log, 'small');
    fileSystem.delay = () => undefined;
    await third;
    expect(log.committed).toBe(2);
    resolve();
    await log.close();
    expect((await openLog(fileSystem)).replayed).toHaveLength(2);
  });
});

describe('what is committed with never', () => {
  it('is durable when its segment is full, and not before', async () => {
    const { log, clock } = await openLog(new SimulatedFileSystem(), { fsync: 'never' });
    await commit(log, ...texts(1, 20));
    await clock.pass(10_000);
    expect(log.durable).toBe(0);
    // Two of these fill a segment.
    for (let i = 1; i < 4; i++) await commit(log, ...texts(20 * i + 1, 20 * i + 20));
    await clock.pass(0);
    expect(log.durable).toBe(40);
    expect(clock.timers).toBe(0);
  });
});
