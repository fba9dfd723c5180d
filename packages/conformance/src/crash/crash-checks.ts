import type { CrashCheck } from './crash-check.js';

/** Every way in which a worker may end. */
export const crashChecks: readonly CrashCheck[] = [
  {
    title: 'what was written is there after the storage was closed in the midst of it',
    round: [{ told: 'close' }],
  },
  {
    title: 'what was answered is there, and nothing by halves, after a kill while writing',
    round: [{ killed: 'writing' }, { killed: 'writing' }],
  },
  {
    title: 'an opening that is killed takes nothing back',
    round: [{ killed: 'writing' }, { killed: 'opening' }],
  },
  {
    title: 'a first opening that is killed is followed by another',
    anew: true,
    round: [{ killed: 'opening' }],
  },
  {
    title: 'a snapshot that is killed takes nothing back',
    needs: 'snapshots',
    round: [{ told: 'snapshot', killed: 'snapshot' }],
  },
  {
    title: 'what was answered since a snapshot is there after a kill',
    needs: 'snapshots',
    round: [{ told: 'snapshot', killed: 'writing' }],
  },
  {
    title: 'what was answered is there after a kill while closing',
    round: [{ told: 'close', killed: 'closing' }],
  },
];
