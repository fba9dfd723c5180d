import type { Results } from '../results.js';
import { percent } from './format.js';

/** What there is to know of all figures: where they were taken, how, and how far they can be trusted. */
export function headLines({
  machine,
  noise,
  quick,
  runs,
  seconds,
  startedAt,
}: Results): readonly string[] {
  const { processor, cores, memoryGiB, system, node, redis, pinning } = machine;
  return [
    `${processor}, ${cores} cores, ${memoryGiB} GiB; ${system}; Node.js ${node}, redis-server ${redis}`,
    `Cores: ${pinning}`,
    `Medians of ${runs} interleaved ${runs === 1 ? 'run' : 'runs'} and their range; ${startedAt}, ${seconds} s in all`,
    `Noise: the runs of one subject lie ${percent(noise.rates)} apart, ratios ${percent(noise.ratios)}${
      noise.others < 0 ? '' : `; other processes used ${percent(noise.others)} of all cores`
    }`,
    ...(quick ? ['A smoke test: these figures mean nothing'] : []),
  ];
}
