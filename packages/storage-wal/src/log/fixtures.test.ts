import { readdirSync, readFileSync } from 'node:fs';
import { SlabStorage } from '@kv/core';
import { straightLineCodec } from '@kv/protocol';
import { describe, expect, it } from 'vitest';
import { SimulatedFileSystem } from '../testing/simulated-file-system.js';
import { DIRECTORY, entriesText } from '../testing/test-log.js';
import { checkLog } from './check-log.js';
import { Log } from './log.js';

/** What stands beside a log: what it has to give when it is opened. */
interface Expected {
  readonly committed: number;
  readonly epoch: number;
  readonly snapshot: { readonly start: number; readonly end: number } | null;
  readonly hashSeed: string | null;
  readonly cut: { readonly file: string; readonly offset: number; readonly bytes: number } | null;
  /** Each change as base64, or a list of entries. */
  readonly changes: readonly string[];
  /** What was there before each change, as base64, if that was logged. */
  readonly olds?: readonly string[];
  /** By their tables, what is in the lists of entries: texts. */
  readonly entries?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const folder = new URL('../../fixtures/', import.meta.url);

/** Logs that were written by each version of the format, and must be read by all that follow. */
const FIXTURES = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name: version }) =>
    readdirSync(new URL(version, folder))
      .filter((name) => name.endsWith('.json'))
      .map((name) => `${version}/${name.slice(0, -'.json'.length)}`),
  );

function load(fixture: string): { fileSystem: SimulatedFileSystem; expected: Expected } {
  const fileSystem = new SimulatedFileSystem();
  for (const name of readdirSync(new URL(fixture, folder))) {
    fileSystem.put(`${DIRECTORY}/${name}`, readFileSync(new URL(`${fixture}/${name}`, folder)));
  }
  const text = readFileSync(new URL(`${fixture}.json`, folder), 'utf8');
  return { fileSystem, expected: JSON.parse(text) as Expected };
}

/** How many changes stand behind the text of one, or of a list. */
const countOf = (change: string): number => Number(/^(\d+) entries: /.exec(change)?.[1] ?? 1);

it('there is a log of each kind for each version of the format', () => {
  expect(FIXTURES).toEqual(
    ['closed', 'killed', 'listed', 'replaced'].map((log) => `version-1/${log}`),
  );
});

describe.each(FIXTURES)('the log %s', (fixture) => {
  it('is read as it was written', async () => {
    const { fileSystem, expected } = load(fixture);
    const changes: string[] = [];
    const seeds: string[] = [];
    // What stands in lists of entries is read as well, in all versions.
    const storage = new SlabStorage();
    const log = await Log.open(
      DIRECTORY,
      { fileSystem, onWarning: () => {} },
      {
        beginSnapshot: (seed) => seeds.push(Buffer.from(seed).toString('base64')),
        change: (bytes, _, start, end) => {
          const change = bytes.subarray(start, end);
          // It is a request, in all versions.
          const { requestData } = straightLineCodec.decodeRequest(bytes, start, end);
          expect(['hset', 'hdel']).toContain(requestData.case);
          changes.push(change.toString('base64'));
        },
        entries: (bytes, view, start, end, count) => {
          storage.load(bytes, view, start, end);
          const list = bytes.subarray(start, end).toString('base64');
          changes.push(entriesText(count, list));
        },
      },
    );
    expect(changes).toEqual(expected.changes);
    for (const [table, entries] of Object.entries(expected.entries ?? {})) {
      expect(Object.fromEntries(storage.getAll(table))).toEqual(entries);
    }
    expect(seeds).toEqual(expected.hashSeed === null ? [] : [expected.hashSeed]);
    expect([log.committed, log.epoch]).toEqual([expected.committed, expected.epoch + 1]);
    expect(log.snapshot ?? null).toEqual(expected.snapshot);
    const { cut = null } = log.recovery;
    expect(cut && { file: cut.path, offset: cut.offset, bytes: cut.bytes }).toEqual(
      expected.cut && { ...expected.cut, file: `${DIRECTORY}/${expected.cut.file}` },
    );
    if (expected.olds !== undefined) {
      const olds: string[] = [];
      await log.readHistory(0, log.committed, ({ bytes, oldStart, oldEnd }) => {
        olds.push(bytes.subarray(oldStart, oldEnd).toString('base64'));
        return true;
      });
      expect(olds).toEqual(expected.olds);
    }
    await log.close();
  });

  it('is checked as it was written', async () => {
    const { fileSystem, expected } = load(fixture);
    expect(await checkLog(DIRECTORY, fileSystem)).toMatchObject({
      state: expected.cut === null ? 'whole' : 'cut',
      changes: expected.changes.reduce((sum, change) => sum + countOf(change), 0),
      last: expected.committed,
    });
  });
});
