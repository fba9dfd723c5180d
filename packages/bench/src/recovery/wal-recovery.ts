import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Context } from '../group.js';
import { type RecoverySubjects, timed } from './recovery.js';

const WORKER = fileURLToPath(new URL('../../dist/recovery/wal-worker.js', import.meta.url));

/** What a worker is to do with a data directory. */
export type WalTask = 'fill' | 'open' | 'snapshot';

/** Prepares directories with a log alone, and with a snapshot alone. */
export async function walRecovery(
  { processes, cores }: Context,
  folder: string,
  entries: number,
): Promise<RecoverySubjects> {
  const [log, snapshot] = [join(folder, 'wal-log'), join(folder, 'wal-snapshot')];
  await run('fill', log);
  await cp(log, snapshot, { recursive: true });
  await run('snapshot', snapshot);
  return {
    log: timed(entries, () => run('open', log)),
    snapshot: timed(entries, () => run('open', snapshot)),
    take: timed(entries, () => run('snapshot', snapshot)),
  };

  /** Answers how many seconds it took. */
  async function run(task: WalTask, directory: string): Promise<number> {
    const command = [process.execPath, WORKER, task, directory, `${entries}`];
    return Number(await processes.run(cores.pin('server', command)));
  }
}
