import type { Comparison, GroupResult, MeasureResult } from '../results.js';
import { spreadOf } from '../spread.js';
import { micros, rate, ratio } from './format.js';

/** What is in the columns of {@link ratioRows}. */
export const RATIO_HEADING: readonly string[] = [
  '',
  '',
  '',
  'beside',
  '',
  'ratio',
  'range',
  'wanted',
];

/** Which of them hold numbers. */
export const RATIO_NUMBERS: ReadonlySet<number> = new Set([2, 4, 5, 6, 7]);

/** The comparisons of a group, one in a row; the measure is named in the first of its rows. */
export function ratioRows({ measures }: GroupResult): readonly (readonly string[])[] {
  return measures.flatMap((measure) =>
    measure.comparisons.map(({ subject, baseline, by, ratio: { median, min, max }, goal }, i) => [
      i === 0 ? measure.name : '',
      subject,
      figure(measure, subject, by),
      baseline,
      figure(measure, baseline, by),
      ratio(median),
      `${ratio(min)} - ${ratio(max)}`,
      goal === undefined ? '' : ratio(goal),
    ]),
  );
}

/** What is compared of a subject: its rate, or its p99. */
function figure({ subjects }: MeasureResult, name: string, by: Comparison['by']): string {
  const found = subjects.find((subject) => subject.name === name);
  if (found === undefined) return '';
  return by === 'p99' ? micros(found.load?.p99 ?? Number.NaN) : rate(spreadOf(found.rates).median);
}
