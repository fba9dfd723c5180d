import type { Cores } from './processes/cores.js';
import type { Processes } from './processes/processes.js';
import type { GroupName, Sample } from './results.js';
import type { Settings } from './settings.js';

/** What a group is given to work with. */
export interface Context {
  readonly settings: Settings;
  readonly processes: Processes;
  readonly cores: Cores;
  /** A folder that is removed afterwards. */
  readonly folder: string;
}

/** One part of the benchmark. */
export interface Group {
  readonly name: GroupName;
  /** What the table is headed by. */
  readonly title: string;
  /**
   * Opens what a run needs. Every run begins anew, so that what differs from process to process, as
   * the compiler's decisions do, is in the range.
   *
   * @throws {Unavailable} if the group cannot be measured on this machine.
   */
  open(context: Context): Promise<Run>;
}

export interface Run {
  /** The same in every run. */
  readonly measures: readonly Measure[];
  close(): Promise<void>;
}

/** The same work, to be done by several subjects. */
export interface Measure {
  readonly name: string;
  /** How often every subject has its turn in a run, if that is less often than the settings say: when a turn is long. */
  readonly turns?: number;
  /**
   * Opens each subject, by its name, and warms it up.
   *
   * @throws {Unavailable} if it cannot be measured on this machine.
   */
  readonly subjects: Readonly<Record<string, () => Promise<Subject>>>;
  readonly pairings: readonly Pairing[];
}

/** One of those that are compared, ready to be measured. */
export interface Subject {
  /** Measures it, briefly: it will have its turn again. */
  sample(): Promise<Sample>;
  close(): Promise<void>;
}

/** Two subjects whose ratio is of interest. */
export interface Pairing {
  readonly subject: string;
  readonly baseline: string;
  /** Of what the ratio is: rates, unless it says `p99`, which only the load generator tells. */
  readonly by?: 'p99';
  /** What the project wants the ratio to be, at least. */
  readonly goal?: number;
}
