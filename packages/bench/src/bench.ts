import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clientGroup } from './client/group.js';
import { codecGroup } from './codec/group.js';
import { durableGroup } from './durable/group.js';
import { enginesGroup } from './engines/group.js';
import type { Group } from './group.js';
import { inProcessGroup } from './in-process/group.js';
import { describeMachine } from './machine.js';
import { noiseOf, watchOthers } from './noise.js';
import { findCores } from './processes/cores.js';
import { Processes } from './processes/processes.js';
import { recoveryGroup } from './recovery/group.js';
import type { GroupName, GroupResult, Results, Skipped } from './results.js';
import { runGroup } from './run-group.js';
import { serverGroup } from './server/group.js';
import type { Settings } from './settings.js';
import { topicsGroup } from './topics/group.js';

const GROUPS: Readonly<Record<GroupName, Group>> = {
  'in-process': inProcessGroup,
  codec: codecGroup,
  server: serverGroup,
  durable: durableGroup,
  recovery: recoveryGroup,
  engines: enginesGroup,
  topics: topicsGroup,
  client: clientGroup,
};

/** What {@link runBench} is told. */
export interface BenchOptions {
  readonly groups: readonly GroupName[];
  readonly settings: Settings;
  /** Ends it, with every process that it has started. */
  readonly signal: AbortSignal;
  /** Hears what is being done. */
  progress(text: string): void;
}

/** @throws whatever keeps a group from being measured and is no reason to leave it out. */
export async function runBench({
  groups: names,
  settings,
  signal,
  progress,
}: BenchOptions): Promise<Results> {
  const startedAt = new Date();
  const others = watchOthers();
  const cores = await findCores();
  const processes = new Processes(signal);
  const folder = await mkdtemp(join(tmpdir(), 'kv-bench-'));
  const groups: GroupResult[] = [];
  const skipped: Skipped[] = [];
  try {
    for (const name of names) {
      const outcome = await runGroup(
        GROUPS[name],
        { settings, processes, cores, folder },
        progress,
      );
      if (outcome.result !== undefined) groups.push(outcome.result);
      skipped.push(...outcome.skipped);
    }
  } finally {
    await processes.close();
    await rm(folder, { recursive: true });
  }
  return {
    version: 1,
    startedAt: startedAt.toISOString(),
    seconds: Math.round((Date.now() - startedAt.getTime()) / 1000),
    quick: settings.quick,
    runs: settings.runs,
    machine: await describeMachine(cores),
    noise: noiseOf(groups, others()),
    groups,
    skipped,
  };
}
