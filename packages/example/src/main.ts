import { runExample } from './example.js';
import { type Options, parseOptions, USAGE } from './options.js';
import { Mismatch } from './verify.js';

/** What a shell reports of a process that Ctrl-C has ended. */
const INTERRUPTED = 130;

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

async function run({ limit }: Options): Promise<number> {
  const interruption = new AbortController();
  // Once: the first Ctrl-C lets everything be closed, a second one does not wait for that.
  process.once('SIGINT', () => interruption.abort());
  try {
    await runExample({ limit, signal: interruption.signal, output: process.stdout });
    return 0;
  } catch (error) {
    if (interruption.signal.aborted) {
      console.error('Interrupted; everything is closed.');
      return INTERRUPTED;
    }
    console.error(error instanceof Mismatch ? `Not the same: ${error.message}` : error);
    return 1;
  }
}

process.exitCode = await main();
