import type { Report } from './report.js';

/** What a worker can be killed at. */
export type Phase = 'opening' | 'writing' | 'snapshot' | 'closing';

/** After how many reports phases are not yet over: so a moment within one can be chosen without a look at a clock. */
export type PhaseLengths = Map<Phase, number>;

interface Extent {
  /** The reports with which it begins and ends. */
  readonly begin: Report['type'];
  readonly end?: Report['type'];
  /** After how many reports it may not be over; without a length, it lasts until it is ended. */
  readonly length?: number;
}

const EXTENTS: readonly (readonly [Phase, Extent])[] = Object.entries({
  opening: { begin: 'opening', end: 'opened', length: 20 },
  writing: { begin: 'ready' },
  snapshot: { begin: 'snapshot', end: 'snapshotted', length: 100 },
  closing: { begin: 'closing', end: 'closed', length: 20 },
} satisfies Record<Phase, Extent>) as [Phase, Extent][];

/** What is assumed of phases to whose end no worker has come. */
export const EXPECTED_LENGTHS: Readonly<PhaseLengths> = new Map(
  EXTENTS.flatMap(([phase, { length }]) => (length === undefined ? [] : [[phase, length]])),
);

/** The phases of one worker, in reports. */
export class Phases {
  readonly #lengths: PhaseLengths;
  readonly #counts = new Map<Phase, number>();
  readonly #over = new Set<Phase>();

  /** @param lengths is told of those that came to their end. */
  constructor(lengths: PhaseLengths) {
    this.#lengths = lengths;
  }

  hear({ type }: Report): void {
    for (const [phase, { begin, end }] of EXTENTS) {
      const count = this.#counts.get(phase);
      if (type === begin) this.#counts.set(phase, 0);
      if (count === undefined) continue;
      this.#counts.set(phase, count + 1);
      if (type !== end) continue;
      this.#over.add(phase);
      this.#lengths.set(phase, count);
    }
  }

  /** How many reports there were since a phase began; `undefined` before. */
  count(phase: Phase): number | undefined {
    return this.#counts.get(phase);
  }

  over(phase: Phase): boolean {
    return this.#over.has(phase);
  }
}
