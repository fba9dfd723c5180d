import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** Which side of a measurement a process is on. */
export type Side = 'server' | 'load';

/** A core for each side, so that neither takes time from the other; if the machine has that. */
export interface Cores {
  /** For people to read. */
  readonly description: string;
  /** The command line that runs `command` on the core of `side`. */
  pin(side: Side, command: readonly string[]): readonly string[];
}

/** Finds two cores that this process may use, and `taskset` (util-linux) to pin others there. */
export async function findCores(): Promise<Cores> {
  const [server, load] = await allowedCores();
  if (server === undefined || load === undefined) {
    return unpinned('not pinned: there are no two cores to use, so server and load share one');
  }
  try {
    await promisify(execFile)('taskset', ['--version']);
  } catch {
    return unpinned('not pinned: there is no taskset here, so processes move between cores');
  }
  const core = { server, load };
  return {
    description: `servers and in-process on core ${server}, load and clients on core ${load} (taskset)`,
    pin: (side, command) => ['taskset', '--cpu-list', String(core[side]), ...command],
  };
}

function unpinned(description: string): Cores {
  return { description, pin: (_side, command) => command };
}

/** The cores that this process may use, which in a container are not all; none if nobody says. */
async function allowedCores(): Promise<number[]> {
  let status: string;
  try {
    status = await readFile('/proc/self/status', 'utf8');
  } catch {
    return [];
  }
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '';
  return list.split(',').flatMap((range) => {
    const [first = Number.NaN, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 || 0 }, (_, i) => first + i);
  });
}
