import type { Fingerprint } from '../crash/fingerprint.js';
import type { Call } from '../crash/history.js';

/** A call, and whether it has been answered. */
export interface ToldCall extends Call {
  readonly answered: boolean;
}

/** What is under each key; all of them are of one table. */
export type Entries = ReadonlyMap<string, Fingerprint>;

/**
 * Every state that calls can have left whose process was killed, by trying out which of them took effect: as slow as
 * it is plain.
 */
export function possibleStates(
  beginning: Entries,
  calls: readonly ToldCall[],
  { prefix }: { prefix: boolean },
): Set<string> {
  const states = new Set<string>();
  for (let bits = 0; bits < 2 ** calls.length; bits++) {
    const there = (i: number): boolean => (bits & (1 << i)) !== 0;
    const complete = calls.every((call, i) => {
      if (!there(i)) return !call.answered;
      return calls.slice(0, i).every((earlier, j) => {
        const inOrder = prefix && changes(left(beginning, calls.slice(0, i)), call);
        return there(j) || !(inOrder || (writes(earlier) && overlap(earlier, call)));
      });
    });
    if (complete)
      states.add(
        stateName(
          left(
            beginning,
            calls.filter((_, i) => there(i)),
          ),
        ),
      );
  }
  return states;
}

/** What calls leave that are carried out one after the other. */
export function left(beginning: Entries, calls: readonly Call[]): Entries {
  const entries = new Map(beginning);
  for (const [key, value] of calls.flatMap(({ steps }) => steps)) {
    if (value === null) entries.delete(key);
    else if (value !== undefined) entries.set(key, value);
  }
  return entries;
}

/** Two states have the same name just if they are the same. */
export function stateName(entries: Entries): string {
  return JSON.stringify([...entries].sort());
}

function writes({ steps }: Call): boolean {
  return steps.some(([, value]) => value !== undefined);
}

function changes(before: Entries, { steps, ...call }: Call): boolean {
  const names = [...steps, undefined].map((_, i) => {
    return stateName(left(before, [{ ...call, steps: steps.slice(0, i) }]));
  });
  return new Set(names).size > 1;
}

function overlap(one: Call, other: Call): boolean {
  const keys = new Set(one.steps.map(([key]) => key));
  return other.steps.some(([key]) => keys.has(key));
}
