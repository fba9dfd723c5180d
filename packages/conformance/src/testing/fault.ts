import type { Storage } from '@kv/core';
import type { ModelStorage } from './model-storage.js';

/** A storage that breaks the contract, and the checks that must find it out. */
export interface Fault {
  readonly fault: string;
  /** Matches the titles of those checks. */
  readonly caughtBy: RegExp;
  readonly open: () => Storage;
}

/** A fault of a class that is wrong in a method or two. */
export function fault(what: string, caughtBy: RegExp, Faulty: new () => ModelStorage): Fault {
  return { fault: what, caughtBy, open: () => new Faulty() };
}
