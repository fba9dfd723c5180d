import { basename } from 'node:path';
import { checkWal, type FileContents, type Problem, repairWal, WalStorage } from '@kv/storage-wal';
import { abortedLater } from '../aborted-later.js';
import type { StorageKind } from './storage-kind.js';

/** How long after a signal there may be snapshots: ends are to take ten seconds, and what follows takes its time. */
const SNAPSHOT_MS = 8000;

/** In memory, with a log of every change on disk. */
export const wal: StorageKind = {
  flags: ['data', 'fsync', 'inlineFsync', 'snapshotLog', 'snapshotAtEnd', 'logOldValues'],
  open: (
    { data = '', fsync, inlineFsync, snapshotLog, snapshotAtEnd, logOldValues },
    { warn, stop },
  ) =>
    WalStorage.open({
      directory: data,
      onWarning: warn,
      signal: stop,
      snapshotSignal: abortedLater(stop, SNAPSHOT_MS),
      ...(fsync && { fsync }),
      ...(inlineFsync && { inline: true }),
      ...(snapshotLog && { snapshotLogBytes: snapshotLog }),
      ...(snapshotAtEnd && { snapshotAtClose: true }),
      ...(logOldValues && { logOldValues }),
    }),
  async check(directory, stop) {
    const { snapshot, segments, state, problems, damage, last, durable } = await checkWal(
      directory,
      { signal: stop },
    );
    const files = [...(snapshot ? [snapshot] : []), ...segments];
    // Of the place of the damage, that says most.
    const others = problems.filter(({ path, offset }) => {
      return path !== damage?.path || offset !== damage.offset;
    });
    const found = damage === undefined ? others : [...others, damage];
    const lines = [...files.map(fileLine), ...found.map(problemLine)];
    const changes =
      durable <= last
        ? `${last} changes, of which ${durable} are known to be durable`
        : `${last} changes are there, one after the other, of ${durable} that were durable`;
    return { sound: state !== 'damaged', lines: [...lines, `${VERDICT[state]}; ${changes}`] };
  },
  async repair(directory, stop) {
    const { isRepaired, changes, problems, setAside } = await repairWal(directory, {
      signal: stop,
    });
    if (!isRepaired) return [`nothing to repair: it has ${changes} changes`];
    return [
      ...problems.map(problemLine),
      ...setAside.map((name) => `kept as it was: ${name}`),
      `repaired: it has ${changes} changes; what was in the damaged places is lost`,
    ];
  },
};

const VERDICT = {
  whole: 'whole',
  cut: 'whole but for an end that was never durable, which will be cut off when it is opened',
  damaged: 'damaged: kv repair makes of it what can be made',
} as const;

function fileLine({ path, size, blocks, changes }: FileContents): string {
  return `${basename(path)}: ${changes} changes in ${blocks} blocks, ${size} bytes`;
}

function problemLine({ path, offset, reason }: Problem): string {
  return `${basename(path)}, byte ${offset}: ${reason}`;
}
