/** How long and how often things are measured. */
export interface Settings {
  readonly quick: boolean;
  /** How often everything is begun anew. */
  readonly runs: number;
  /** How often every subject has its turn in a run. */
  readonly turns: number;
  /** Entries of the table. */
  readonly keys: number;
  /** Before the first turn. */
  readonly warmupMs: number;
  /** One turn. */
  readonly turnMs: number;
}

const FULL: Settings = {
  quick: false,
  runs: 5,
  turns: 6,
  keys: 100_000,
  warmupMs: 400,
  turnMs: 150,
};

/** Enough to see that everything works; the figures mean nothing. */
const QUICK: Settings = { quick: true, runs: 1, turns: 1, keys: 1000, warmupMs: 5, turnMs: 20 };

export function settingsOf(quick: boolean, runs: number | undefined): Settings {
  const settings = quick ? QUICK : FULL;
  return { ...settings, runs: runs ?? settings.runs };
}
