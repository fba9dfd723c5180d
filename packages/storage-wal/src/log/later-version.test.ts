import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { blocksOf } from '../testing/log-image.js';
import { SimulatedFileSystem } from '../testing/simulated-file-system.js';
import { append, commit, DIRECTORY, openLog } from '../testing/test-log.js';
import { checkLog } from './check-log.js';
import { MANIFEST, segmentName, snapshotName } from './file-names.js';
import { Log } from './log.js';
import { repairLog } from './repair-log.js';

const STORE_ID = 16;

async function closedLog(): Promise<SimulatedFileSystem> {
  const { log, fileSystem } = await openLog(new SimulatedFileSystem());
  await commit(log, 'a');
  await commit(log, 'b');
  const writer = await log.createSnapshot(1, new Uint8Array(8));
  append(writer.block, 'a');
  await log.adoptSnapshot(writer, 1);
  await log.close();
  return fileSystem.copy();
}

const path = (name: string): string => `${DIRECTORY}/${name}`;

/** Changes the header of a file as a later version would have written it. */
function changeHeader(fileSystem: SimulatedFileSystem, name: string, at: number, value: number) {
  const content = Buffer.from(fileSystem.content(path(name)));
  content.writeUInt32LE(value, at);
  const end = name === MANIFEST ? content.length : 64;
  content.writeUInt32LE(crc32(content.subarray(8, end)), 4);
  fileSystem.put(path(name), content);
}

/** The same for the second block of the segment. */
function changeBlock(fileSystem: SimulatedFileSystem, at: number, value: number) {
  const {
    path: segment,
    start,
    end,
  } = blocksOf(fileSystem)[1] as { path: string; start: number; end: number };
  const content = Buffer.from(fileSystem.content(segment));
  const seed = crc32(content.subarray(STORE_ID, STORE_ID + 16));
  content.writeUInt32LE(value, start + at);
  content.writeUInt32LE(crc32(content.subarray(start + 8, end), seed), start + 4);
  fileSystem.put(segment, content);
}

const LATER: Readonly<
  Record<string, [change: (fileSystem: SimulatedFileSystem) => void, told: string]>
> = {
  'a manifest': [
    (log) => changeHeader(log, MANIFEST, 8, 2),
    `${path(MANIFEST)} needs a later version, for byte 0: the format has version 2, not 1`,
  ],
  'a flag of the manifest': [
    (log) => changeHeader(log, MANIFEST, 12, 5),
    `${path(MANIFEST)} needs a later version, for byte 0: the manifest has flags 5`,
  ],
  'a segment': [
    (log) => changeHeader(log, segmentName(1), 8, 7),
    `${path(segmentName(1))} needs a later version, for byte 0: the format has version 7, not 1`,
  ],
  'a flag of a segment': [
    (log) => changeHeader(log, segmentName(1), 12, 2),
    `${path(segmentName(1))} needs a later version, for byte 0: the header has flags 2`,
  ],
  'a snapshot': [
    (log) => changeHeader(log, snapshotName(1), 8, 2),
    `${path(snapshotName(1))} needs a later version, for byte 0: the format has version 2, not 1`,
  ],
  'a flag of a block': [
    (log) => changeBlock(log, 8, 8),
    `${path(segmentName(1))} needs a later version, for byte 128: a block has flags 8`,
  ],
  'a kind of record': [
    (log) => changeBlock(log, 48 + 4, 5),
    `${path(segmentName(1))} needs a later version, for byte 128: a record has flags 5`,
  ],
};

describe.each(Object.entries(LATER))('%s of a later version', (_, [change, message]) => {
  it('is refused, by all that read it, and left as it is', async () => {
    const fileSystem = await closedLog();
    change(fileSystem);
    const before = fileSystem.copy();
    const refused = expect.objectContaining({ code: 'UNSUPPORTED', message });
    await expect(openLog(fileSystem)).rejects.toThrow(refused);
    await expect(checkLog(DIRECTORY, fileSystem)).rejects.toThrow(refused);
    await expect(repairLog(DIRECTORY, fileSystem)).rejects.toThrow(refused);
    expect(fileSystem.files(DIRECTORY)).toEqual(before.files(DIRECTORY));
    for (const name of before.files(DIRECTORY)) {
      expect(fileSystem.content(path(name)).equals(before.content(path(name)))).toBe(true);
    }
    expect(fileSystem.openFiles).toBe(0);
  });
});

describe('a block whose records are not what it says', () => {
  it.each([
    ['has more changes', 16, 2, 'a block has 1 changes, and says 2'],
    ['ends within a record', 48, 100, 'a record is longer than its block'],
  ])('is damage, though its checksum is right: it %s', async (_, at, value, reason) => {
    const fileSystem = await closedLog();
    changeBlock(fileSystem, at, value);
    const problem = { path: path(segmentName(1)), offset: 128, reason };
    await expect(openLog(fileSystem)).rejects.toThrow(
      `${problem.path} is damaged at byte 128: ${reason}`,
    );
    expect(await checkLog(DIRECTORY, fileSystem)).toMatchObject({ damage: problem });
  });
});

describe('a change that cannot be replayed', () => {
  it('fails the opening, and is told by its block', async () => {
    const fileSystem = await closedLog();
    const cause = new Error('This is no request');
    const opening = Log.open(
      DIRECTORY,
      { fileSystem },
      {
        change: () => {
          throw cause;
        },
        entries() {},
      },
    );
    await expect(opening).rejects.toThrow(
      expect.objectContaining({
        code: 'STORAGE_FAILURE',
        message: `A change in the block at byte 64 of ${path(snapshotName(1))} cannot be replayed`,
        cause,
      }),
    );
    expect(fileSystem.openFiles).toBe(0);
  });
});
