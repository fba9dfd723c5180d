import { createInterface } from 'node:readline';
import { Unavailable } from '../unavailable.js';

/** What a worker is told beside its task. */
export interface WorkerTiming {
  readonly warmupMs: number;
  readonly turnMs: number;
}

/** What a worker prints: that it is ready or cannot be, and then the rate of each turn. */
export type WorkerLine =
  | { readonly ready: true }
  | { readonly unavailable: string }
  | { readonly rate: number };

/** What a worker measures. */
export interface Work {
  /** Does its work for that long; answers operations a second. */
  rate(durationMs: number): Promise<number>;
  close(): Promise<unknown>;
}

/**
 * The body of a worker: prepares what its task says, warms up, and measures whenever a line comes. It
 * ends when no more can come, so also when whoever started it is gone.
 */
export async function work<Task>(prepare: (task: Task) => Promise<Work>): Promise<void> {
  const [task, { warmupMs, turnMs }] = JSON.parse(process.argv[2] ?? '') as [Task, WorkerTiming];
  let prepared: Work;
  try {
    prepared = await prepare(task);
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    print({ unavailable: error.message });
    return;
  }
  await prepared.rate(warmupMs);
  print({ ready: true });
  for await (const _turn of createInterface({ input: process.stdin })) {
    print({ rate: await prepared.rate(turnMs) });
  }
  await prepared.close();
}

function print(line: WorkerLine): void {
  console.log(JSON.stringify(line));
}
