import { describe, expect, it } from 'vitest';
import { blocksOf } from '../testing/log-image.js';
import { failure, SimulatedFileSystem } from '../testing/simulated-file-system.js';
import { append, commit, DIRECTORY, openLog, texts } from '../testing/test-log.js';
import { checkLog, type LogReport } from './check-log.js';
import { MANIFEST, segmentName, snapshotName } from './file-names.js';
import { repairLog } from './repair-log.js';

const path = (number: number): string => `${DIRECTORY}/${segmentName(number)}`;

/** A log of three openings, with a snapshot, that was closed. */
async function closedLog(): Promise<SimulatedFileSystem> {
  const fileSystem = new SimulatedFileSystem();
  for (let i = 0; i < 3; i++) {
    const { log } = await openLog(fileSystem);
    await commit(log, ...texts(5 * i + 1, 5 * i + 3));
    await commit(log, ...texts(5 * i + 4, 5 * i + 5));
    if (i === 1) {
      const writer = await log.createSnapshot(5, new Uint8Array(8));
      append(writer.block, ...texts(1, 5));
      await log.adoptSnapshot(writer, 10);
    }
    await log.close();
  }
  return fileSystem;
}

/** Checks a log, in a file system that cannot be written. */
function check(fileSystem: SimulatedFileSystem): Promise<LogReport> {
  fileSystem.onCall = ({ operation, path }) => {
    const reading = ['open', 'list', 'read', 'size', 'close'];
    if (!reading.includes(operation)) throw failure('EROFS', path);
  };
  return checkLog(DIRECTORY, fileSystem);
}

/** Makes a page of a file unreadable. */
function makeUnreadable(fileSystem: SimulatedFileSystem, file: string, page: number): void {
  fileSystem.onCall = ({ operation, path, start, end }) => {
    const isThere = path === file && start < page + 4096 && end > page;
    if (operation === 'read' && isThere) throw failure('EIO', path);
  };
}

describe('the check of a log', () => {
  it.each([
    ['where there is more', 0, false],
    ['where it tries to read page by page what cannot be read', -1, true],
  ])('reads no more once it is ended, %s', async (_, block, fails) => {
    const fileSystem = await closedLog();
    const file = blocksOf(fileSystem).at(block)?.path;
    const stop = new AbortController();
    let reads = 0;
    fileSystem.onCall = ({ operation, path }) => {
      if (operation !== 'read' || path !== file) return;
      reads++;
      stop.abort('SIGINT');
      if (fails) throw failure('EIO', path);
    };
    const checked = checkLog(DIRECTORY, fileSystem, stop.signal);
    await expect(checked).rejects.toMatchObject({ code: 'CANCELLED', cause: 'SIGINT' });
    expect([reads, fileSystem.openFiles]).toEqual([1, 0]);
  });

  it('tells what it has', async () => {
    const fileSystem = await closedLog();
    const report = await check(fileSystem);
    expect(report).toMatchObject({
      state: 'whole',
      storeId: expect.stringMatching(/^[0-9a-f]{32}$/),
      epochs: [
        { epoch: 1, first: 1 },
        { epoch: 2, first: 6 },
        { epoch: 3, first: 11 },
      ],
      snapshotReference: { start: 5, end: 10 },
      snapshot: {
        path: `${DIRECTORY}/${snapshotName(5)}`,
        number: 5,
        // And its end.
        blocks: 2,
        changes: 5,
      },
      segments: [
        { path: path(2), number: 2, blocks: 2, changes: 5, last: 10 },
        { path: path(3), number: 3, blocks: 2, changes: 5, last: 15 },
      ],
      changes: 15,
      last: 15,
      durable: 15,
      problems: [],
      damage: undefined,
      lostBytes: 0,
    });
    for (const { path, size, end } of report.segments) {
      expect([size, end]).toEqual([fileSystem.content(path).length, size]);
    }
    expect(fileSystem.openFiles).toBe(0);
  });

  it('tells what opening would cut', async () => {
    const { log, fileSystem } = await openLog(new SimulatedFileSystem());
    await commit(log, 'a');
    const killed = fileSystem.copy();
    const content = Buffer.from(killed.content(path(1)));
    const [block] = blocksOf(killed);
    content.write('junk', block?.end ?? 0);
    killed.put(path(1), content);
    const problem = { path: path(1), offset: block?.end, reason: 'no block begins here' };
    expect(await check(killed)).toMatchObject({
      state: 'cut',
      problems: [problem],
      damage: undefined,
      lostBytes: 4,
      last: 1,
    });
    killed.onCall = () => {};
    const { recovery } = (await openLog(killed)).log;
    expect(recovery.cut).toEqual({ ...problem, bytes: 4 });
  });

  it('tells all places at which it is damaged, and what stands behind them', async () => {
    const fileSystem = await closedLog();
    const blocks = blocksOf(fileSystem);
    for (const { path, start } of [blocks[0], blocks[3]] as { path: string; start: number }[]) {
      const content = Buffer.from(fileSystem.content(path));
      content[start + 60] = 0xff;
      fileSystem.put(path, content);
    }
    const problems = [
      { path: path(2), offset: 64, reason: "a block's checksum is wrong" },
      { path: path(3), offset: blocks[3]?.start, reason: "a block's checksum is wrong" },
    ];
    expect(await check(fileSystem)).toMatchObject({
      state: 'damaged',
      problems,
      damage: {
        ...problems[0],
        reason:
          "a block's checksum is wrong; the changes up to 15 were durable, and are whole up to 5",
      },
      last: 5,
      durable: 15,
    });
  });

  it('tells what there is if the manifest does not', async () => {
    const fileSystem = await closedLog();
    fileSystem.delete(`${DIRECTORY}/${MANIFEST}`);
    expect(await check(fileSystem)).toMatchObject({
      state: 'damaged',
      damage: { path: `${DIRECTORY}/${MANIFEST}`, offset: 0, reason: 'it is missing' },
      last: 15,
      changes: 15,
      snapshot: { changes: 5 },
      segments: [{ changes: 5 }, { changes: 5 }],
    });
  });

  it('fails where there is no log', async () => {
    await expect(check(new SimulatedFileSystem())).rejects.toThrow(
      expect.objectContaining({
        code: 'STORAGE_FAILURE',
        message: `There is no log in ${DIRECTORY}`,
      }),
    );
  });

  it('tells what cannot be read, and goes on behind it', async () => {
    const { log, fileSystem } = await openLog(new SimulatedFileSystem(), { segmentBytes: 100_000 });
    for (let i = 0; i < 5; i++) await commit(log, 'x'.repeat(4000));
    await log.close();
    makeUnreadable(fileSystem, path(1), 4096);
    expect(await checkLog(DIRECTORY, fileSystem)).toMatchObject({
      state: 'damaged',
      problems: [
        { path: path(1), offset: 4096, reason: `it cannot be read: EIO: ${path(1)}` },
        { path: path(1), offset: 64, reason: "a block's checksum is wrong" },
      ],
      last: 0,
      durable: 5,
    });
    expect(fileSystem.openFiles).toBe(0);
    const { changes } = await repairLog(DIRECTORY, fileSystem);
    // Three blocks have a part of it.
    expect(changes).toBe(2);
  });

  it('fails if the file system does', async () => {
    const fileSystem = await closedLog();
    fileSystem.onCall = ({ operation, path }) => {
      if (operation === 'list') throw failure('EIO', path);
    };
    await expect(checkLog(DIRECTORY, fileSystem)).rejects.toThrow(
      expect.objectContaining({
        code: 'STORAGE_FAILURE',
        cause: expect.objectContaining({ code: 'EIO' }),
      }),
    );
    expect(fileSystem.openFiles).toBe(0);
  });
});

describe('a log of which a part cannot be read', () => {
  it('cannot be opened, and tells where that is', async () => {
    const fileSystem = await closedLog();
    makeUnreadable(fileSystem, path(2), 0);
    await expect(openLog(fileSystem)).rejects.toThrow(
      expect.objectContaining({
        code: 'STORAGE_FAILURE',
        message: `${path(2)} cannot be read at byte 0: EIO: ${path(2)}`,
      }),
    );
    expect(fileSystem.openFiles).toBe(0);
  });
});
