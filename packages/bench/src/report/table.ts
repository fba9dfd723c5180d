import type { GroupResult, MeasureResult, Results } from '../results.js';
import { spreadOf } from '../spread.js';
import { columns } from './columns.js';
import { micros, percent, rate, ratio } from './format.js';

/** The results as text that a person can read. */
export function table(results: Results): string {
  const groups = results.groups.map(
    (group) => `\n${group.title}\n\n${ratios(group)}${loads(group)}`,
  );
  return [head(results), ...groups, skips(results)].join('');
}

function head({ machine, noise, quick, runs, seconds, startedAt }: Results): string {
  const { processor, cores, memoryGiB, system, node, redis, pinning } = machine;
  const lines = [
    `${processor}, ${cores} cores, ${memoryGiB} GiB; ${system}; Node.js ${node}, redis-server ${redis}`,
    `Cores: ${pinning}`,
    `Medians of ${runs} interleaved ${runs === 1 ? 'run' : 'runs'} and their range; ${startedAt}, ${seconds} s in all`,
    `Noise: the runs of one subject lie ${percent(noise.rates)} apart, ratios ${percent(noise.ratios)}${
      noise.others < 0 ? '' : `; other processes used ${percent(noise.others)} of all cores`
    }`,
  ];
  if (quick) lines.push('A smoke test: these figures mean nothing');
  return `${lines.join('\n')}\n`;
}

function ratios({ measures }: GroupResult): string {
  const rows = measures.flatMap((measure) =>
    measure.comparisons.map(({ subject, baseline, ratio: { median, min, max }, goal }, i) => [
      i === 0 ? measure.name : '',
      subject,
      medianRate(measure, subject),
      baseline,
      medianRate(measure, baseline),
      ratio(median),
      `${ratio(min)} - ${ratio(max)}`,
      goal === undefined ? '' : ratio(goal),
    ]),
  );
  const heading = ['', '', '', 'beside', '', 'ratio', 'range', 'wanted'];
  return columns([heading, ...rows], new Set([2, 4, 5, 6, 7]));
}

function medianRate({ subjects }: MeasureResult, name: string): string {
  const found = subjects.find((subject) => subject.name === name);
  return found === undefined ? '' : rate(spreadOf(found.rates).median);
}

/** What the load generator tells beside rates; nothing for other groups. */
function loads({ measures }: GroupResult): string {
  const rows = measures.flatMap((measure) =>
    measure.subjects.flatMap(({ name, load }, i) => {
      if (load === undefined) return [];
      const times = [load.p50, load.p99, load.p999, load.cpuPerRequest].map(micros);
      const shares = [percent(load.serverBusy), percent(load.loadBusy)];
      return [[i === 0 ? measure.name : '', name, ...times, ratioByCpu(measure, name), ...shares]];
    }),
  );
  if (rows.length === 0) return '';
  const percentiles = ['p50', 'p99', 'p99.9'];
  const heading = ['', '', ...percentiles, 'CPU/request', 'ratio', 'server busy', 'load busy'];
  return `\n${columns([heading, ...rows], new Set([2, 3, 4, 5, 6, 7, 8]))}`;
}

/** The ratio that the servers' processor time gives, which a busy machine moves less. */
function ratioByCpu({ comparisons, subjects }: MeasureResult, name: string): string {
  const cpuOf = (wanted: string | undefined): number | undefined =>
    subjects.find((subject) => subject.name === wanted)?.load?.cpuPerRequest;
  const baseline = cpuOf(comparisons.find(({ subject }) => subject === name)?.baseline);
  return baseline === undefined ? '' : ratio(baseline / (cpuOf(name) ?? Number.NaN));
}

function skips({ skipped }: Results): string {
  const lines = skipped.map(
    ({ group, subject, reason }) =>
      `Left out: ${group}${subject === undefined ? '' : `, ${subject}`}: ${reason}\n`,
  );
  return lines.length === 0 ? '' : `\n${lines.join('')}`;
}
