import type { Measure, Subject } from './group.js';
import type { Sample } from './results.js';
import { Unavailable } from './unavailable.js';

/** What each subject gave, turn by turn. */
export type Turns = ReadonlyMap<string, readonly Sample[]>;

/**
 * Measures all subjects of a measure several times, briefly and by turns: A B, B A, A B... Whoever is
 * compared runs within the same second, and each as often first as last, so that what slows the machine
 * down for a while slows both down, and drift falls out.
 *
 * @param mostTurns how many turns each has, unless the measure wants fewer.
 * @param leaveOut told of a subject that cannot be measured on this machine, and why.
 */
export async function takeTurns(
  { subjects, turns = Number.POSITIVE_INFINITY }: Measure,
  mostTurns: number,
  leaveOut: (subject: string, reason: string) => void,
): Promise<Turns> {
  const opened: (readonly [name: string, subject: Subject])[] = [];
  try {
    for (const [name, open] of Object.entries(subjects)) {
      try {
        opened.push([name, await open()]);
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
        leaveOut(name, error.message);
      }
    }
    const samples = new Map<string, Sample[]>(opened.map(([name]) => [name, []]));
    for (let turn = 0; turn < Math.min(turns, mostTurns); turn++) {
      for (const [name, subject] of turn % 2 === 0 ? opened : opened.toReversed()) {
        samples.get(name)?.push(await subject.sample());
      }
    }
    return samples;
  } finally {
    for (const [, subject] of opened) await subject.close();
  }
}
