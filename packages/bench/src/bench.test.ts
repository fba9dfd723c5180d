import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GroupName, Results } from './results.js';

// It runs what was built, as `pnpm bench` does: here it is seen to work, on any machine however busy.
const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** Where CI runs, everything must be there to be tested. */
const { CI } = process.env;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kv-bench-test-'));
});

afterAll(() => rm(folder, { recursive: true }));

interface Run {
  readonly results: Results;
  readonly printed: string;
  readonly svg: string | undefined;
}

async function quickly(group: GroupName, signal: AbortSignal): Promise<Run> {
  const json = join(folder, `${group}.json`);
  const svg = join(folder, `${group}.svg`);
  const args = [MAIN, group, '--quick', '--json', json, '--svg', svg];
  // SIGTERM, which is how a test that takes too long ends it, has it end all that it started.
  const running = promisify(execFile)(process.execPath, args, { signal });
  const { stdout } = await running.catch((error: { stdout: string }) => {
    // It also fails if there was nothing that it could measure, and then says why.
    if (existsSync(json)) return error;
    throw error;
  });
  const results = JSON.parse(await readFile(json, 'utf8')) as Results;
  return { results, printed: stdout, svg: await readFile(svg, 'utf8').catch(() => undefined) };
}

const number = expect.any(Number);
const spread = { median: number, min: number, max: number };

describe.each<[group: GroupName, measures: string[], subjects: string[]]>([
  [
    'in-process',
    ['get', 'set'],
    ['Map', 'engine.execute', 'client, awaited', 'keyv', 'unstorage', 'lmdb'],
  ],
  [
    'codec',
    ['decode Hset', 'decode Hget', 'encode a response'],
    ['straightLineCodec', 'reflectionCodec', 'protobuf-es'],
  ],
  [
    'server',
    [1, 16, 64].flatMap((depth) => [`HGET, depth ${depth}`, `HSET, depth ${depth}`]),
    ['kv serve', 'the plain path', 'redis-server'],
  ],
  [
    'durable',
    [1, 16, 64]
      .flatMap((depth) => [
        `HSET, fsync always, depth ${depth}`,
        `HSET, fsync everysec, depth ${depth}`,
      ])
      .concat('HSET, p99 of 10,000, depth 16'),
    ['kv serve', 'kv serve --inline-fsync', 'kv serve, taking snapshots', 'redis-server'],
  ],
  [
    'recovery',
    ['read the log', 'read a snapshot', 'take a snapshot'],
    ['WalStorage', 'redis-server'],
  ],
  ['topics', ['1 at a time', '16 at a time'], ['kv serve', 'redis-server']],
  [
    'engines',
    ['get', 'set, one at a time', 'set, 100 in flight', 'set, 100 in flight, sync'],
    ['LevelStorage', 'classic-level', 'LmdbStorage', 'lmdb'],
  ],
  [
    'client',
    ['HGET, 1,000 in flight', 'HGET, 64 in flight'],
    ['@kv/client', 'ioredis', '@redis/client'],
  ],
])('the group %s', (group, measures, subjects) => {
  it('measures all that it should', { timeout: 120_000 }, async ({ signal, skip }) => {
    const { results, printed, svg } = await quickly(group, signal);
    if (CI) expect(results.skipped).toEqual([]);
    const [leftOut] = results.skipped;
    if (leftOut !== undefined && leftOut.subject === undefined) {
      console.warn(`${group} is not tested: ${leftOut.reason}`);
      skip(leftOut.reason);
    }
    expect(results).toMatchObject({ version: 1, quick: true, runs: 1, groups: [{ name: group }] });
    const [{ measures: measured } = { measures: [] }] = results.groups;
    expect(measured.map(({ name }) => name)).toEqual(expect.arrayContaining(measures));
    const found = measured.flatMap((measure) => measure.subjects.map(({ name }) => name));
    expect(found).toEqual(expect.arrayContaining(subjects));
    for (const measure of measured) {
      for (const { rates } of measure.subjects) expect(rates).toEqual([number]);
      expect(measure.comparisons).not.toEqual([]);
      for (const { ratio } of measure.comparisons) expect(ratio).toEqual(spread);
      expect(printed).toContain(measure.name);
    }
    expect(printed).toContain(results.machine.node);
    if (group === 'server') expect(svg).toMatch(/^<svg [\s\S]*HGET, depth 64[\s\S]*<\/svg>\n$/);
    else expect(svg).toBeUndefined();
  });
});
