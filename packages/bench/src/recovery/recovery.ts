import type { Subject } from '../group.js';

/** What is measured of a store: each opens something that is measured again and again. */
export interface RecoverySubjects {
  /** How fast all is read from the log. */
  readonly log: () => Promise<Subject>;
  /** How fast all is read from a snapshot. */
  readonly snapshot: () => Promise<Subject>;
  /** How fast a snapshot is taken of an idle store. */
  readonly take: () => Promise<Subject>;
}

/** Something that tells, each time, how long it took over so many entries. */
export function timed(entries: number, seconds: () => Promise<number>): () => Promise<Subject> {
  return async () => ({
    sample: async () => ({ rate: entries / (await seconds()) }),
    close: async () => {},
  });
}
