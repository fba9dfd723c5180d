import { writeSync } from 'node:fs';
import { argv, stdin } from 'node:process';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { KvError } from '@kv/core';
import { Random } from '../random.js';
import type { CrashWorker } from './crash-worker.js';
import { TABLES } from './random-call.js';
import { readTable } from './read-table.js';
import { type Command, REPORT_FD, type Report, type WorkerTask } from './report.js';
import { Traffic } from './traffic.js';

/** More than a worker writes values. */
const SERIALS = 1_000_000;

const { worker, directory, seed, generation } = JSON.parse(argv[2] ?? '') as WorkerTask;

const told = new Set<Command>();
stdin.setEncoding('utf8').on('data', (text: string) => {
  for (const line of text.trim().split('\n')) told.add(line as Command);
});
// Nobody is there any more who would end it.
stdin.on('end', () => process.exit(1));
// It ends by itself when the engine is closed, unless that still holds something.
stdin.unref();

const { default: engine } = (await import(worker)) as { default: CrashWorker };
report({ type: 'opening' });
let turning = setImmediate(turn);
const storage = await engine.open(directory);
report({ type: 'opened', snapshots: storage.snapshot !== undefined });
for (const [table, keys] of Object.entries(TABLES)) {
  report({ type: 'table', table, entries: await readTable(storage, table, keys) });
}
report({ type: 'ready' });

const random = new Random(seed + generation * 7_919);
const traffic = new Traffic(storage, random, generation * SERIALS, report);
while (!told.has('close')) {
  await traffic.burst();
  if (told.delete('snapshot')) snapshot();
  await nextTurn();
}
report({ type: 'closing' });
await Promise.all([storage.close(), traffic.settled()]);
clearImmediate(turning);
report({ type: 'closed' });

/** Begins a snapshot, for which calls do not wait. */
async function snapshot(): Promise<void> {
  report({ type: 'snapshot' });
  try {
    await storage.snapshot?.();
  } catch (error) {
    const isGivenUp = error instanceof KvError && error.code === 'UNAVAILABLE';
    if (!isGivenUp || !told.has('close')) throw error;
    return;
  }
  report({ type: 'snapshotted' });
}

/** Reports turns of the event loop, also while nothing else comes to pass. */
function turn(): void {
  report({ type: 'turn' });
  turning = setImmediate(turn);
}

/** Tells what happens before anything else can: should this process be killed next, the pipe has it. */
function report(what: Report): void {
  const line = Buffer.from(`${JSON.stringify(what)}\n`);
  for (let at = 0; at < line.length; ) at += writeSync(REPORT_FD, line, at);
}
