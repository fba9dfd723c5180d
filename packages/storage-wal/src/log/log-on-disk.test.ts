import { appendFileSync, readdirSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { append, commit, replayInto, texts } from '../testing/test-log.js';
import { checkLog } from './check-log.js';
import { Log } from './log.js';
import type { LogOptions } from './log-options.js';
import { repairLog } from './repair-log.js';

const MODES: readonly Partial<LogOptions>[] = [
  { fsync: 'always' },
  { fsync: 'always', inline: true },
  { fsync: 'everysec' },
  { fsync: 'never' },
];

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kv-log-'));
  onTestFinished(() => rm(directory, { recursive: true }));
});

async function open(options: Partial<LogOptions> = {}) {
  const replayed: string[] = [];
  const warnings: string[] = [];
  const onWarning = (message: string) => warnings.push(message);
  const log = await Log.open(directory, { onWarning, ...options }, replayInto(replayed));
  return { log, replayed, warnings };
}

describe.each(MODES)('a log on the disk with %o', (mode) => {
  it('gives back what was committed, in segments and a snapshot', async () => {
    const options = { ...mode, segmentBytes: 64 * 1024 };
    const { log } = await open(options);
    expect(log.recovery.ms).toBeGreaterThan(0);
    for (let i = 0; i < 100; i++) await commit(log, ...texts(100 * i + 1, 100 * i + 100));
    const writer = await log.createSnapshot(5000, new Uint8Array(8));
    append(writer.block, 'everything before');
    await log.adoptSnapshot(writer, 5000);
    await log.close();
    expect(await checkLog(directory)).toMatchObject({ state: 'whole', last: 10_000 });
    const { log: again, replayed } = await open(options);
    expect(replayed).toEqual(['everything before', ...texts(5001, 10_000)]);
    await again.close();
  });

  it('gives it back after a process that did not close it, and cuts what is none of it', async () => {
    const { log } = await open(mode);
    await commit(log, ...texts(1, 10));
    const [segment = ''] = readdirSync(directory).filter((name) => name.startsWith('segment'));
    const { size } = statSync(join(directory, segment));
    appendFileSync(join(directory, segment), 'junk');
    const { log: again, replayed, warnings } = await open(mode);
    expect([replayed, warnings.length]).toEqual([texts(1, 10), 1]);
    expect(again.recovery.cut?.bytes).toBeGreaterThan(0);
    expect(statSync(join(directory, segment)).size).toBeLessThanOrEqual(size);
    await again.close();
    await log.close();
  });

  it('can be repaired', async () => {
    const { log } = await open({ ...mode, segmentBytes: 1024 });
    for (let i = 0; i < 10; i++) await commit(log, ...texts(20 * i + 1, 20 * i + 20));
    await log.close();
    const segments = readdirSync(directory).filter((name) => name.startsWith('segment'));
    await rm(join(directory, segments[1] as string));
    await expect(open(mode)).rejects.toThrow(`${segments[1]} is damaged at byte 0: it is missing`);
    const { isRepaired, changes } = await repairLog(directory);
    const { log: again, replayed } = await open(mode);
    expect(isRepaired).toBe(true);
    expect(replayed).toHaveLength(changes);
    expect(changes).toBeGreaterThan(150);
    await again.close();
  });
});

describe('a directory that is not there', () => {
  it('is told by its path', async () => {
    directory = join(directory, 'missing');
    const error = await open().catch((error) => error);
    expect(error).toMatchObject({ code: 'STORAGE_FAILURE', cause: { code: 'ENOENT' } });
    expect(error.message).toContain(`The log in ${directory} cannot be opened: ENOENT`);
    directory = join(directory, '..');
  });
});
