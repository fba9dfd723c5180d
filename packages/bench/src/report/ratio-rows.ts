import type { GroupResult, MeasureResult } from '../results.js';
import { spreadOf } from '../spread.js';
import { rate, ratio } from './format.js';

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
}

function medianRate({ subjects }: MeasureResult, name: string): string {
  const found = subjects.find((subject) => subject.name === name);
  return found === undefined ? '' : rate(spreadOf(found.rates).median);
}
