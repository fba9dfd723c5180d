import { describe, expect, it } from 'vitest';
import { blocksOf } from '../testing/log-image.js';
import { failure, SimulatedFileSystem } from '../testing/simulated-file-system.js';
import {
  append,
  appendEntries,
  appendMany,
  commit,
  DIRECTORY,
  entriesText,
  openLog,
  texts,
} from '../testing/test-log.js';
import { checkLog } from './check-log.js';
import { MANIFEST, SET_ASIDE, segmentName, snapshotName } from './file-names.js';
import { repairLog } from './repair-log.js';

const path = (name: string): string => `${DIRECTORY}/${name}`;

/** A log of twenty changes, four to a block, in a few segments. */
async function closedLog(): Promise<SimulatedFileSystem> {
  const { log, fileSystem } = await openLog(new SimulatedFileSystem(), { segmentBytes: 320 });
  for (let i = 0; i < 5; i++) {
    append(log.block, ...texts(4 * i + 1, 4 * i + 2));
    appendMany(log.block, ...texts(4 * i + 3, 4 * i + 4));
    await log.commit();
  }
  await log.close();
  return fileSystem.copy();
}

/** Makes the checksum of the block wrong that has a change. */
function spoil(fileSystem: SimulatedFileSystem, change: number): void {
  const block = blocksOf(fileSystem).find(({ last }) => last >= change);
  if (block === undefined) throw new Error(`There is no change ${change}`);
  const content = Buffer.from(fileSystem.content(block.path));
  content[block.start + 50] = 0xff;
  fileSystem.put(block.path, content);
}

/** The bytes of all files, by their names. */
function filesOf(fileSystem: SimulatedFileSystem): Map<string, Buffer> {
  return new Map(
    fileSystem.files(DIRECTORY).map((name) => [name, Buffer.from(fileSystem.content(path(name)))]),
  );
}

/** Ways to damage a log, and the changes that are left of it. */
const DAMAGES: Readonly<
  Record<string, { damage: (log: SimulatedFileSystem) => void; left: readonly string[] }>
> = {
  'a block is damaged': {
    damage: (log) => spoil(log, 6),
    left: [...texts(1, 4), ...texts(9, 20)],
  },
  'blocks are damaged': {
    damage: (log) => [1, 10, 20].forEach((change) => void spoil(log, change)),
    left: [...texts(5, 8), ...texts(13, 16)],
  },
  'a segment is missing': {
    // It had two blocks.
    damage: (log) => log.delete(path(segmentName(2))),
    left: [...texts(1, 8), ...texts(17, 20)],
  },
  'the header of a segment is damaged': {
    damage: (log) => {
      const content = Buffer.from(log.content(path(segmentName(2))));
      log.put(path(segmentName(2)), content.fill(0xff, 0, 64));
    },
    left: texts(1, 20),
  },
  'the last block is missing': {
    damage: (log) => {
      const { path, start } = blocksOf(log).at(-1) as { path: string; start: number };
      log.put(path, log.content(path).subarray(0, start));
    },
    left: texts(1, 16),
  },
  'the manifest is missing': {
    damage: (log) => log.delete(path(MANIFEST)),
    left: texts(1, 20),
  },
  'the manifest is damaged': {
    damage: (log) => log.put(path(MANIFEST), Buffer.alloc(80)),
    left: texts(1, 20),
  },
};

describe.each(Object.entries(DAMAGES))('the repair of a log of which %s', (_, { damage, left }) => {
  async function damagedLog(): Promise<SimulatedFileSystem> {
    const fileSystem = await closedLog();
    damage(fileSystem);
    await expect(openLog(fileSystem)).rejects.toThrow('is damaged');
    return fileSystem;
  }

  it('makes one of what is left, and keeps all files', async () => {
    const fileSystem = await damagedLog();
    const before = filesOf(fileSystem);
    const { problems } = await checkLog(DIRECTORY, fileSystem);
    const setAside = [...before.keys()].map((name) => name + SET_ASIDE);
    const report = await repairLog(DIRECTORY, fileSystem);
    expect(report).toEqual({ isRepaired: true, changes: left.length, problems, setAside });
    const after = filesOf(fileSystem);
    for (const [name, content] of before) expect(after.get(name + SET_ASIDE)).toEqual(content);
    const { log, replayed, warnings } = await openLog(fileSystem);
    expect([replayed, log.committed, warnings]).toEqual([left, left.length, []]);
    await commit(log, 'more');
    await log.close();
    expect((await openLog(fileSystem)).replayed).toEqual([...left, 'more']);
    // They are still there.
    expect(fileSystem.files(DIRECTORY)).toEqual(expect.arrayContaining(setAside));
  });

  it('may be begun again, wherever it fails', async () => {
    const counted = await damagedLog();
    const from = counted.calls;
    await repairLog(DIRECTORY, counted);
    const to = counted.calls;
    expect(to - from).toBeGreaterThan(20);
    for (let n = 0; n < to - from; n++) {
      const fileSystem = await damagedLog();
      const before = filesOf(fileSystem);
      const start = fileSystem.calls;
      fileSystem.onCall = ({ index, path }) => {
        if (index >= start + n) throw failure('EIO', path);
      };
      await repairLog(DIRECTORY, fileSystem).catch((error) =>
        expect(error).toMatchObject({ code: 'STORAGE_FAILURE', cause: { code: 'EIO' } }),
      );
      expect(fileSystem.openFiles).toBe(0);
      const crashed = fileSystem.afterCrash(() => (n % 2 === 0 ? 0 : 1));
      await repairLog(DIRECTORY, crashed);
      const { replayed } = await openLog(crashed);
      expect(replayed).toEqual(left);
      const after = filesOf(crashed);
      for (const [name, content] of before) expect(after.get(name + SET_ASIDE)).toEqual(content);
    }
  });

  it('leaves all as it was if it is ended, wherever it is, or has come to its end', async () => {
    for (let n = 0, isEnded = true; isEnded; n++) {
      const fileSystem = await damagedLog();
      const before = filesOf(fileSystem);
      const stop = new AbortController();
      const start = fileSystem.calls;
      let endedAt = '';
      let readLater = 0;
      fileSystem.onCall = ({ index, operation, path }) => {
        if (stop.signal.aborted && operation === 'read') readLater++;
        if (index !== start + n) return;
        endedAt = path;
        stop.abort('SIGINT');
      };
      const repair = repairLog(DIRECTORY, fileSystem, stop.signal);
      const error = await repair.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(fileSystem.openFiles).toBe(0);
      isEnded = error !== undefined;
      if (isEnded) {
        expect(error).toMatchObject({ code: 'CANCELLED', cause: 'SIGINT' });
        expect(filesOf(fileSystem)).toEqual(before);
        expect(readLater).toBe(0);
      } else {
        expect(n).toBeGreaterThan(20);
        expect(endedAt).toBe(path(MANIFEST));
        expect((await openLog(fileSystem)).replayed).toEqual(left);
      }
    }
  });
});

describe('the repair of a log with a snapshot', () => {
  it('keeps what is whole of it', async () => {
    const { log, fileSystem } = await openLog(new SimulatedFileSystem());
    await commit(log, ...texts(1, 10));
    const writer = await log.createSnapshot(6, new Uint8Array(8));
    for (let i = 0; i < 3; i++) {
      append(writer.block, ...texts(2 * i + 1, 2 * i + 2));
      if (i === 2) appendEntries(writer.block, 4, 'list');
      await writer.write();
    }
    log.rotate();
    await commit(log, ...texts(11, 12));
    await log.adoptSnapshot(writer, 12);
    await log.close();
    const name = path(snapshotName(6));
    const content = Buffer.from(fileSystem.content(name));
    content[64 + 50] = 0xff;
    fileSystem.put(name, content);
    await expect(openLog(fileSystem)).rejects.toThrow('is damaged at byte 64');
    const { changes, setAside } = await repairLog(DIRECTORY, fileSystem);
    const { replayed, log: repaired } = await openLog(fileSystem);
    expect(replayed).toEqual([...texts(3, 6), entriesText(4, 'list'), ...texts(7, 12)]);
    expect([changes, repaired.snapshot]).toEqual([14, undefined]);
    expect(setAside).toContain(snapshotName(6) + SET_ASIDE);
  });
});

describe('the repair of a log that is not damaged', () => {
  it('does nothing', async () => {
    const fileSystem = await closedLog();
    const before = filesOf(fileSystem);
    const report = await repairLog(DIRECTORY, fileSystem);
    expect(report).toEqual({ isRepaired: false, changes: 20, problems: [], setAside: [] });
    expect(filesOf(fileSystem)).toEqual(before);
  });

  it('does nothing about what opening cuts', async () => {
    const { log, fileSystem } = await openLog(new SimulatedFileSystem());
    await commit(log, 'a');
    const killed = fileSystem.copy();
    spoil(killed, 1);
    const before = filesOf(killed);
    expect(await repairLog(DIRECTORY, killed)).toMatchObject({ isRepaired: false, changes: 0 });
    expect(filesOf(killed)).toEqual(before);
  });
});

describe('a log that was repaired', () => {
  it('can be repaired once more', async () => {
    const fileSystem = await closedLog();
    spoil(fileSystem, 6);
    await repairLog(DIRECTORY, fileSystem);
    spoil(fileSystem, 1);
    const { isRepaired, setAside } = await repairLog(DIRECTORY, fileSystem);
    expect([isRepaired, setAside.length]).toEqual([true, 2]);
    expect((await openLog(fileSystem)).replayed).toEqual([]);
  });

  it('is a store of its own', async () => {
    const fileSystem = await closedLog();
    const { storeId } = await checkLog(DIRECTORY, fileSystem);
    spoil(fileSystem, 6);
    await repairLog(DIRECTORY, fileSystem);
    const repaired = await checkLog(DIRECTORY, fileSystem);
    expect(repaired.storeId).not.toBe(storeId);
    expect(repaired).toMatchObject({ state: 'whole', epochs: [{ epoch: 2, first: 1 }] });
  });
});
