import type { GroupResult, MeasureResult, Results } from '../results.js';
import { columns } from './columns.js';
import { micros, percent, ratio } from './format.js';
import { headLines } from './head-lines.js';
import { RATIO_HEADING, RATIO_NUMBERS, ratioRows } from './ratio-rows.js';

/** The results as text that a person can read. */
export function table(results: Results): string {
  const groups = results.groups.map(
    (group) => `\n${group.title}\n\n${ratios(group)}${loads(group)}`,
  );
  return [...headLines(results).map((line) => `${line}\n`), ...groups, skips(results)].join('');
}

function ratios(group: GroupResult): string {
  return columns([RATIO_HEADING, ...ratioRows(group)], RATIO_NUMBERS);
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
