import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { runBench } from './bench.js';
import { type Options, parseOptions, USAGE } from './options.js';
import { chart } from './report/chart.js';
import { json } from './report/json.js';
import { withResults } from './report/markdown.js';
import { table } from './report/table.js';
import { GROUP_NAMES, type Results } from './results.js';
import { settingsOf } from './settings.js';

/** What a shell reports of a process that Ctrl-C has ended. */
const INTERRUPTED = 130;

/** The latest results, which are part of the repository. */
const RESULTS = fileURLToPath(new URL('../results', import.meta.url));
/** Where they are told. */
const README = fileURLToPath(new URL('../README.md', import.meta.url));

/** @returns the exit code. */
async function main(): Promise<number> {
  let options: Options;
  try {
    options = parseOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    return 2;
  }
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  return run(options);
}

async function run(options: Options): Promise<number> {
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => interruption.abort());
  }
  try {
    const results = await runBench({
      groups: options.groups,
      settings: settingsOf(options.quick, options.runs),
      signal: interruption.signal,
      progress: (text) => console.error(text),
    });
    console.log(`\n${table(results)}`);
    await save(results, options);
    return results.groups.length > 0 ? 0 : 1;
  } catch (error) {
    if (interruption.signal.aborted) {
      console.error('Interrupted; everything is ended.');
      return INTERRUPTED;
    }
    console.error(error);
    return 1;
  }
}

/** Writes what was asked for. Only a full run replaces the results that are part of the repository. */
async function save(results: Results, options: Options): Promise<void> {
  const full = !results.quick && results.groups.length === GROUP_NAMES.length;
  const jsonFile = options.json ?? (full ? `${RESULTS}.json` : undefined);
  const svgFile = options.svg ?? (full ? `${RESULTS}.svg` : undefined);
  if (jsonFile !== undefined) await write(jsonFile, json(results));
  if (jsonFile === `${RESULTS}.json`) {
    await write(README, withResults(await readFile(README, 'utf8'), results));
  }
  if (svgFile === undefined) return;
  const picture = chart(results);
  if (picture === undefined) console.error('No picture: the servers were not measured.');
  else await write(svgFile, picture);
}

async function write(file: string, content: string): Promise<void> {
  await writeFile(file, content);
  console.error(`Written: ${file}`);
}

process.exitCode = await main();
