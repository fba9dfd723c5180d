import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { viewOf } from '../format/layout.js';
import { Log } from './log.js';
import type { LogOptions } from './log-options.js';

async function temporaryDirectory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'kv-log-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

async function open(
  path: string,
  options: Partial<LogOptions> = {},
): Promise<{ log: Log; replayed: string[] }> {
  const replayed: string[] = [];
  const log = await Log.open(path, options, (bytes, _, start, end) => {
    replayed.push(bytes.toString('utf8', start, end));
  });
  return { log, replayed };
}

function append(log: Log, text: string): void {
  const bytes = Buffer.from(text);
  log.block.append(bytes, viewOf(bytes), 0, bytes.length);
}

it.each([
  { fsync: 'always' },
  { fsync: 'always', inline: true },
  { fsync: 'everysec' },
  { fsync: 'never' },
] as const)('brings back what was committed: %o', async (options) => {
  const path = await temporaryDirectory();
  const { log } = await open(path, options);
  const expected: string[] = [];
  for (let i = 0; i < 100; i++) {
    append(log, `change ${i}`);
    expected.push(`change ${i}`);
    if (i % 10 === 9) await log.commit();
  }
  expect(log.committed).toBe(100);
  await log.close();
  const { log: again, replayed } = await open(path, options);
  expect(replayed).toEqual(expected);
  expect([again.epoch, again.committed, again.durable]).toEqual([2, 100, 100]);
  await again.close();
});
