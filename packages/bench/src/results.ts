import type { Spread } from './spread.js';

/** The parts of the benchmark, each of which may be run alone. */
export const GROUP_NAMES = [
  'in-process',
  'codec',
  'server',
  'durable',
  'recovery',
  'engines',
  'topics',
  'client',
] as const;

export type GroupName = (typeof GROUP_NAMES)[number];

/** What one turn of one subject gave. */
export interface Sample {
  /** Operations a second. */
  readonly rate: number;
  /** What only the load generator tells. */
  readonly load?: LoadFigures;
}

/** How a server was under load; times are in microseconds. */
export interface LoadFigures {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  /** The server's processor time for one request. */
  readonly cpuPerRequest: number;
  /** The share of its core that the server used. */
  readonly serverBusy: number;
  /** The same for the load generator: near 1, it is what was measured. */
  readonly loadBusy: number;
}

/** One subject under one measure: all runs of it. */
export interface SubjectResult {
  readonly name: string;
  /** Operations a second, run by run: the medians over the turns. */
  readonly rates: readonly number[];
  /** The medians over all turns. */
  readonly load?: LoadFigures;
}

/** Two subjects side by side. */
export interface Comparison {
  readonly subject: string;
  readonly baseline: string;
  /** Of what the ratio is: rates, unless it says so. */
  readonly by?: 'p99';
  /**
   * The subject's rate to the baseline's, over the runs; in each, the median over the turns. By p99, the baseline's to
   * the subject's: more is better.
   */
  readonly ratio: Spread;
  /** What the project wants the ratio to be, at least. Nothing fails for want of it. */
  readonly goal?: number;
}

/** The same work done by several subjects. */
export interface MeasureResult {
  readonly name: string;
  readonly subjects: readonly SubjectResult[];
  readonly comparisons: readonly Comparison[];
}

export interface GroupResult {
  readonly name: GroupName;
  readonly title: string;
  readonly measures: readonly MeasureResult[];
}

/** What could not be measured here, and why. */
export interface Skipped {
  readonly group: GroupName;
  /** A subject of the group; or the whole of it. */
  readonly subject?: string;
  readonly reason: string;
}

/** What the figures were measured on. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  readonly redis: string;
  /** How servers and load were kept apart. */
  readonly pinning: string;
}

/** How far the figures can be trusted. */
export interface Noise {
  /** How far apart the runs of one subject lie, (max - min) / median: the median over all of them. */
  readonly rates: number;
  /** The same for the ratios. */
  readonly ratios: number;
  /** The share of all cores that other processes used meanwhile; -1 where that cannot be known. */
  readonly others: number;
}

/** All that a run of the benchmark found: what is written as JSON. */
export interface Results {
  readonly version: 1;
  readonly startedAt: string;
  readonly seconds: number;
  /** A smoke test: too short for the figures to mean anything. */
  readonly quick: boolean;
  readonly runs: number;
  readonly machine: Machine;
  readonly noise: Noise;
  readonly groups: readonly GroupResult[];
  readonly skipped: readonly Skipped[];
}
