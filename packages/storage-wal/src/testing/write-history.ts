import type { Value, WriteOp } from '@kv/core';
import type { Contents } from './test-storage.js';

/** A write that is called. */
export interface Write {
  readonly table: string;
  readonly ops: readonly WriteOp[];
}

/**
 * Writes in the order of their calls, and what they leave behind them one by one. They are told by the sequences of
 * their last changes.
 */
export class WriteHistory {
  /** What is there after each, by its sequence; the first is what was there before. */
  readonly #states: Map<number, Contents>;
  /** The sequence of the last change that was called for. */
  #last: number;

  /**
   * @param found what was there before.
   * @param sequence how many changes had led there.
   */
  constructor(found: Contents, sequence: number) {
    this.#states = new Map([[sequence, found]]);
    this.#last = sequence;
  }

  /** The sequence that a write of so many ops will have. */
  next(ops: number): number {
    return this.#last + ops;
  }

  /** Notes that a write is called. */
  add({ table, ops }: Write): void {
    const state = this.after(this.#last) as Contents;
    const entries = new Map(Object.entries(state[table] ?? {}));
    for (const op of ops) {
      if (op.op === 'set') entries.set(op.key, op.value);
      else entries.delete(op.key);
    }
    this.#last = this.next(ops.length);
    this.#states.set(this.#last, { ...state, [table]: Object.fromEntries(entries) });
  }

  /** What is there after so many changes; nothing is if they end in the midst of a write, or were never called for. */
  after(sequence: number): Contents | undefined {
    return this.#states.get(sequence);
  }
}

/** A value that tells the sequence of the write with which it comes, and is so long. */
export function valueOfWrite(sequence: number, length: number): string {
  return `${sequence}:`.padEnd(length, 'v');
}

/** The sequence of the write with which a value came; 0 if there is none. */
export function sequenceOf(value: Value | undefined): number {
  return value === undefined ? 0 : Number.parseInt(value as string, 10);
}
