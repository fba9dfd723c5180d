import { viewOf } from '../format/layout.js';
import type { Block } from '../log/block.js';
import { Log } from '../log/log.js';
import type { LogOptions } from '../log/log-options.js';
import type { Replay } from '../log/replay.js';
import { SimulatedClock } from './simulated-clock.js';
import type { SimulatedFileSystem } from './simulated-file-system.js';

/** Where logs are in a simulated file system. */
export const DIRECTORY = '/data';

/** A log with what it has replayed and what it warned of. */
export interface TestLog {
  readonly log: Log;
  readonly replayed: string[];
  readonly warnings: string[];
  readonly clock: SimulatedClock;
  readonly fileSystem: SimulatedFileSystem;
}

/** Opens a log in a simulated file system whose segments are small. Its changes are texts. */
export async function openLog(
  fileSystem: SimulatedFileSystem,
  options: Partial<LogOptions> = {},
  beginSnapshot: (hashSeed: Uint8Array) => void = () => {},
): Promise<TestLog> {
  const replayed: string[] = [];
  const warnings: string[] = [];
  const clock = new SimulatedClock();
  const settings = {
    segmentBytes: 1024,
    clock,
    fileSystem,
    onWarning: (message: string) => warnings.push(message),
    ...options,
  };
  const log = await Log.open(DIRECTORY, settings, {
    beginSnapshot,
    ...replayInto(replayed),
  });
  return { log, replayed, warnings, clock, fileSystem };
}

/** Collects changes, which are texts; and lists of entries, as {@link entriesText} tells them. */
export function replayInto(replayed: string[]): Replay {
  const text = (bytes: Buffer, start: number, end: number) => bytes.toString('utf8', start, end);
  return {
    change: (bytes, _, start, end) => void replayed.push(text(bytes, start, end)),
    entries: (bytes, _, start, end, count) =>
      void replayed.push(entriesText(count, text(bytes, start, end))),
  };
}

/** How a list of entries is told that was replayed, for a log takes any text for one. */
export function entriesText(count: number, list: string): string {
  return `${count} entries: ${list}`;
}

/** Appends what counts as so many entries. */
export function appendEntries(block: Block, count: number, list: string): void {
  const bytes = Buffer.from(list);
  block.appendEntries(bytes, viewOf(bytes), 0, bytes.length, count);
}

/** Appends changes, each a write of its own. */
export function append(block: Block, ...texts: readonly string[]): void {
  for (const text of texts) {
    const bytes = Buffer.from(text);
    block.append(bytes, viewOf(bytes), 0, bytes.length);
  }
}

/** Appends changes that are one write. */
export function appendMany(block: Block, ...texts: readonly string[]): void {
  block.beginMany();
  for (const text of texts) {
    const bytes = Buffer.from(text);
    block.appendOne(bytes, viewOf(bytes), 0, bytes.length);
  }
  block.endMany();
}

/** Commits changes, together. */
export async function commit(log: Log, ...texts: readonly string[]): Promise<void> {
  append(log.block, ...texts);
  await log.commit();
}

/** Texts that tell which they are: `change 1`, `change 2` and so on. */
export function texts(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, i) => `change ${from + i}`);
}
