import type { KvError } from '@kv/protocol';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type BlockImage,
  blocksOf,
  durableInManifest,
  segmentPaths,
} from '../testing/log-image.js';
import { SimulatedFileSystem } from '../testing/simulated-file-system.js';
import { commit, DIRECTORY, openLog, texts } from '../testing/test-log.js';
import { MANIFEST, segmentName } from './file-names.js';

const CHANGES = 12;

/** A log of one block for each change, in segments of four blocks; how it ends is another matter. */
async function fill(fileSystem: SimulatedFileSystem, fsync: 'always' | 'everysec') {
  const opened = await openLog(fileSystem, { fsync, segmentBytes: 320 });
  for (let i = 1; i <= CHANGES; i++) {
    await commit(opened.log, `change ${i}`);
    if (i === 7) await opened.log.sync();
  }
  return opened;
}

const LOGS = {
  /** What is durable, the next block says: of the last one nobody knows. */
  'whose process was killed, with always': async () => {
    const { fileSystem } = await fill(new SimulatedFileSystem(), 'always');
    return fileSystem.copy();
  },
  /** That the first seven are durable, the others say. */
  'whose process was killed, with everysec': async () => {
    const { fileSystem } = await fill(new SimulatedFileSystem(), 'everysec');
    return fileSystem.copy();
  },
  /** The manifest says that all is durable. */
  'that was closed': async () => {
    const { log, fileSystem } = await fill(new SimulatedFileSystem(), 'always');
    await log.close();
    return fileSystem;
  },
  /** Every epoch has a segment. */
  'that was opened often': async () => {
    const fileSystem = new SimulatedFileSystem();
    for (let i = 0; i < 4; i++) {
      const { log } = await openLog(fileSystem);
      await commit(log, ...texts(3 * i + 1, 3 * i + 3));
      if (i % 2 === 1) await log.close();
    }
    return fileSystem.copy();
  },
} as const;

/** What must come of a log. */
interface Outcome {
  readonly replayed?: readonly string[];
  /** What the error names, or the warning: the file and where in it. */
  readonly damage?: string;
  readonly cut?: string;
}

/**
 * What must come of a log by the rule: a block counts if it is as it was, and so are all before it; if one that is as it
 * was, or the manifest, says that more was durable, there is damage.
 */
function outcome(before: readonly BlockImage[], damaged: SimulatedFileSystem): Outcome {
  const there = before.filter(({ path, start, end, bytes }) =>
    damaged.content(path).subarray(start, end).equals(bytes),
  );
  const whole = there.filter((block, i) => block === before[i]);
  const last = whole.at(-1)?.last ?? 0;
  const durable = Math.max(durableInManifest(damaged), ...there.map((block) => block.durable));
  const place = firstPlace(whole, there[whole.length], damaged);
  if (durable > last) return { damage: place ?? endOf(whole, damaged) };
  return place === undefined
    ? { replayed: texts(1, last) }
    : { replayed: texts(1, last), cut: place };
}

/**
 * The first place behind what is whole that is not as it was written: bytes that are no block, or else a block that does
 * not follow.
 */
function firstPlace(
  whole: readonly BlockImage[],
  next: BlockImage | undefined,
  damaged: SimulatedFileSystem,
): string | undefined {
  const [first = ''] = segmentPaths(damaged);
  const from = whole.at(-1)?.path ?? first;
  for (const path of segmentPaths(damaged).filter((path) => path >= from)) {
    const end = whole.findLast((block) => block.path === path)?.end ?? 64;
    const rest = damaged.content(path).subarray(end);
    if (rest.some((byte) => byte !== 0)) return `${path} at byte ${end}`;
  }
  return next && `${next.path} at byte ${next.start}`;
}

/** Where a log ends. */
function endOf(whole: readonly BlockImage[], damaged: SimulatedFileSystem): string {
  const path = segmentPaths(damaged).at(-1) as string;
  const end = whole.findLast((block) => block.path === path)?.end ?? 64;
  return `${path} at byte ${end}`;
}

/** What comes of a log. */
async function open(fileSystem: SimulatedFileSystem): Promise<Outcome> {
  try {
    const { replayed, warnings, log } = await openLog(fileSystem);
    const { cut } = log.recovery;
    expect(warnings).toHaveLength(cut === undefined ? 0 : 1);
    if (cut === undefined) return { replayed };
    const place = `${cut.path} at byte ${cut.offset}`;
    expect(warnings[0]).toContain(cut.path);
    expect(warnings[0]).toContain(`at byte ${cut.offset}`);
    return { replayed, cut: place };
  } catch (error) {
    const { code, message } = error as KvError;
    expect(code).toBe('STORAGE_FAILURE');
    const place = /^(\S+) is damaged (at byte \d+): /.exec(message);
    return { damage: `${place?.[1]} ${place?.[2]}` };
  }
}

describe.each(Object.entries(LOGS))('a log %s', (_, makeLog) => {
  let original: SimulatedFileSystem;
  let blocks: readonly BlockImage[];

  beforeAll(async () => {
    original = await makeLog();
    blocks = blocksOf(original);
  });

  /** Does something to a copy of the log, and holds what comes of it to what must. */
  async function damage(change: (fileSystem: SimulatedFileSystem) => void): Promise<Outcome> {
    const damaged = original.copy();
    change(damaged);
    const expected = outcome(blocks, damaged);
    const files = damaged.copy();
    const actual = await open(damaged);
    expect(actual).toEqual(expected);
    if (actual.damage !== undefined) {
      // It is left as it is.
      for (const name of files.files(DIRECTORY)) {
        const path = `${DIRECTORY}/${name}`;
        expect(damaged.content(path).equals(files.content(path))).toBe(true);
      }
    } else {
      // What was cut is cut: the next opening finds the same, and nothing to cut.
      const again = await open(damaged);
      expect(again).toEqual({ replayed: expected.replayed });
    }
    return actual;
  }
  const put = (fileSystem: SimulatedFileSystem, path: string, content: Uint8Array): void =>
    fileSystem.put(path, content);

  it('is whole as it is', async () => {
    const outcome = await damage(() => {});
    expect(outcome).toEqual({ replayed: texts(1, CHANGES) });
  });

  it('counts as far as it must, at whatever byte a file ends', async () => {
    const seen = new Set<string>();
    const paths = segmentPaths(original);
    for (const path of paths) {
      const { length } = original.content(path);
      for (let end = 64; end < length; end++) {
        const { damage: place, cut } = await damage((fileSystem) =>
          put(fileSystem, path, fileSystem.content(path).subarray(0, end)),
        );
        seen.add(place !== undefined ? 'damage' : cut !== undefined ? 'cut' : 'whole');
      }
    }
    expect(seen).toContain('damage');
  });

  it('counts as far as it must, from whatever byte on there are zeros', async () => {
    const path = segmentPaths(original).at(-2) as string;
    const { length } = original.content(path);
    for (let end = 64; end < length; end++) {
      await damage((fileSystem) => {
        const content = Buffer.from(fileSystem.content(path));
        put(fileSystem, path, content.fill(0, end));
      });
    }
  });

  it('counts as far as it must, whatever stands at the end of a file', async () => {
    for (const path of segmentPaths(original)) {
      for (const count of [1, 7, 8, 47, 48, 100, 5000]) {
        await damage((fileSystem) => {
          const junk = Buffer.alloc(count, 0xa5);
          put(fileSystem, path, Buffer.concat([fileSystem.content(path), junk]));
        });
      }
    }
  });

  it('counts as far as it must, whichever bit is another', async () => {
    for (const path of segmentPaths(original)) {
      const { length } = original.content(path);
      for (let at = 64; at < length; at++) {
        await damage((fileSystem) => {
          const content = Buffer.from(fileSystem.content(path));
          content[at] = (content[at] as number) ^ (1 << (at % 8));
          put(fileSystem, path, content);
        });
      }
    }
  });

  it('is damaged where a header, or the manifest, has another bit', async () => {
    const files: [path: string, length: number][] = segmentPaths(original).map((path) => [
      path,
      64,
    ]);
    const manifest = `${DIRECTORY}/${MANIFEST}`;
    files.push([manifest, original.content(manifest).length]);
    for (const [path, length] of files) {
      for (let at = 0; at < length; at++) {
        const damaged = original.copy();
        const content = Buffer.from(damaged.content(path));
        content[at] = (content[at] as number) ^ (1 << (at % 8));
        damaged.put(path, content);
        expect(await open(damaged)).toEqual({ damage: `${path} at byte 0` });
      }
    }
  });

  it('is damaged where a file is missing', async () => {
    for (const path of [...segmentPaths(original), `${DIRECTORY}/${MANIFEST}`]) {
      const damaged = original.copy();
      damaged.delete(path);
      expect(await open(damaged)).toEqual({ damage: `${path} at byte 0` });
    }
  });

  it('is damaged where a segment is that of another store', async () => {
    const other = await makeLog();
    for (const path of segmentPaths(original)) {
      const damaged = original.copy();
      damaged.put(path, other.content(path));
      expect(await open(damaged)).toEqual({ damage: `${path} at byte 0` });
    }
  });

  it('is damaged where segments have changed places', async () => {
    const [first, second] = segmentPaths(original) as [string, string];
    const damaged = original.copy();
    damaged.put(first, original.content(second));
    damaged.put(second, original.content(first));
    expect(await open(damaged)).toEqual({ damage: `${first} at byte 0` });
  });
});

describe('a log whose manifest is an older one', () => {
  it('is damaged where the manifest names no segment', async () => {
    const { log, fileSystem } = await openLog(new SimulatedFileSystem());
    const manifest = `${DIRECTORY}/${MANIFEST}`;
    const older = Buffer.from(fileSystem.content(manifest));
    for (let i = 0; i < 10; i++) await commit(log, ...texts(10 * i + 1, 10 * i + 10));
    await log.close();
    fileSystem.put(manifest, older);
    expect(await open(fileSystem)).toEqual({
      damage: `${DIRECTORY}/${segmentName(2)} at byte 64`,
    });
  });

  it('is damaged where an epoch begins that the manifest does not know', async () => {
    const first = await openLog(new SimulatedFileSystem());
    const { fileSystem } = first;
    const manifest = `${DIRECTORY}/${MANIFEST}`;
    const older = Buffer.from(fileSystem.content(manifest));
    // The segment of the first epoch has nothing in it: that of the second takes its place.
    const second = await openLog(fileSystem);
    await commit(second.log, 'a');
    fileSystem.put(manifest, older);
    expect(await open(fileSystem)).toEqual({
      damage: `${DIRECTORY}/${segmentName(1)} at byte 64`,
    });
  });
});

describe('a directory without a log', () => {
  it('gets one', async () => {
    const { fileSystem, log } = await openLog(new SimulatedFileSystem());
    expect(fileSystem.files(DIRECTORY)).toEqual([MANIFEST, segmentName(1)]);
    expect([log.epoch, log.committed]).toEqual([1, 0]);
  });
});
