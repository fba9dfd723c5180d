import { fileURLToPath } from 'node:url';
import type { Context, Subject } from '../group.js';
import { Unavailable } from '../unavailable.js';
import type { Side } from './cores.js';
import type { RunningProcess } from './running-process.js';
import type { WorkerLine, WorkerTiming } from './worker.js';

/**
 * Has one subject measured in a process of its own, where nothing else has shaped what the compiler
 * made of the code and the collector of the heap. Between its turns it only waits.
 *
 * @param file the worker, by its path from the folder of the sources, as it was built.
 * @throws {Unavailable} if the worker says so.
 */
export async function startWorker(
  { processes, cores, settings: { warmupMs, turnMs } }: Context,
  side: Side,
  file: string,
  task: object,
): Promise<Subject> {
  // Children run what was built, also when this is run from the sources.
  const built = fileURLToPath(new URL(`../../dist/${file}`, import.meta.url));
  const timing: WorkerTiming = { warmupMs, turnMs };
  const command = [process.execPath, built, JSON.stringify([task, timing])];
  const worker = processes.start(cores.pin(side, command));
  const first = await nextLine(worker);
  if ('unavailable' in first) throw new Unavailable(first.unavailable);
  return {
    async sample() {
      worker.write('\n');
      const line = await nextLine(worker);
      if (!('rate' in line)) throw new Error(`A worker said ${JSON.stringify(line)}`);
      return line;
    },
    close: () => worker.finish(),
  };
}

/** @throws {Error} with what the worker wrote to stderr, if it has ended instead. */
async function nextLine(worker: RunningProcess): Promise<WorkerLine> {
  const line = await worker.line();
  if (line === undefined) throw new Error(`A worker has failed:\n${worker.stderr}`);
  return JSON.parse(line) as WorkerLine;
}
