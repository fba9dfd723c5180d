import { parseArgs } from 'node:util';
import { GROUP_NAMES, type GroupName } from './results.js';

export const USAGE: string = `Usage: pnpm bench [group...] [options]

Measures the engine side by side with Redis, other clients and other stores, and prints
the ratios.

Groups, all by default:
  in-process  the engine, a bare Map and other stores in one process
  codec       our codecs and protobuf-es
  server      kv serve and redis-server under one load generator
  durable     the same, with every write in a log on disk; and while snapshots are taken
  recovery    how fast data is read back from a log and from a snapshot, and a snapshot taken
  engines     our storages in LevelDB and in LMDB, and the bindings on which they stand
  topics      messages from one publisher to many subscribers, of kv serve and redis-server
  client      our client, ioredis and @redis/client with many requests in flight

Options:
  --runs N     how often to begin anew (5); told are the medians
  --quick      a smoke test: everything once and briefly; the figures mean nothing
  --json FILE  write the results there
  --svg FILE   draw the ratios to redis-server there
  -h, --help   this text

A full run of all groups takes about 25 minutes and replaces packages/bench/results.json,
results.svg and the tables of the README there, unless it is told other files.
`;

/** What the command line says. */
export interface Options {
  readonly help: boolean;
  readonly groups: readonly GroupName[];
  readonly quick: boolean;
  readonly runs: number | undefined;
  readonly json: string | undefined;
  readonly svg: string | undefined;
}

/** @throws {TypeError} for what is no option, no group, or no number of runs. */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      runs: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      svg: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const { help, quick, json, svg } = values;
  return { help, groups: groupsOf(positionals), quick, runs: runsOf(values.runs), json, svg };
}

function groupsOf(names: readonly string[]): readonly GroupName[] {
  for (const name of names) {
    if (!(GROUP_NAMES as readonly string[]).includes(name)) {
      throw new TypeError(`There is no group '${name}', only ${GROUP_NAMES.join(', ')}`);
    }
  }
  return names.length === 0 ? GROUP_NAMES : GROUP_NAMES.filter((name) => names.includes(name));
}

function runsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const runs = Number(text);
  if (Number.isSafeInteger(runs) && runs > 0) return runs;
  throw new TypeError(`--runs takes a whole number from 1 on, not '${text}'`);
}
