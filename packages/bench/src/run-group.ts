import type { Context, Group } from './group.js';
import type { GroupResult, Skipped } from './results.js';
import { Samples } from './samples.js';
import { takeTurns } from './take-turns.js';
import { Unavailable } from './unavailable.js';

/** What came of a group; without a result if it could not be measured at all. */
export interface Outcome {
  readonly result: GroupResult | undefined;
  readonly skipped: readonly Skipped[];
}

/** Measures a group: as many runs as the settings say, each begun anew. */
export async function runGroup(
  group: Group,
  context: Context,
  progress: (text: string) => void,
): Promise<Outcome> {
  const { runs, turns } = context.settings;
  const samples = new Samples();
  const skipped = new Map<string, Skipped>();
  try {
    for (let number = 1; number <= runs; number++) {
      progress(`${group.name}: run ${number} of ${runs}`);
      const run = await group.open(context);
      try {
        for (const measure of run.measures) {
          samples.add(measure, await takeTurns(measure, turns, leaveOut));
        }
      } finally {
        await run.close();
      }
    }
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    progress(`${group.name} is left out: ${error.message}`);
    return { result: undefined, skipped: [{ group: group.name, reason: error.message }] };
  }
  const { name, title } = group;
  return { result: { name, title, measures: samples.results() }, skipped: [...skipped.values()] };

  function leaveOut(subject: string, reason: string): void {
    if (!skipped.has(subject)) progress(`${subject} is left out: ${reason}`);
    skipped.set(subject, { group: group.name, subject, reason });
  }
}
