import type { Value } from '@kv/protocol';
import type { Committed } from '../batch.js';
import type { PlacedChange } from '../environment.js';
import { readValue } from '../record.js';

/** Committed state in memory, which changes when a test says so. */
export class HeldCommits implements Committed {
  /** What each commit was given, as text: `key=value`, or `-key` for one that is deleted. */
  readonly begun: string[][] = [];
  readonly #values = new Map<string, Value>();
  #settle: ((failure?: Error) => void) | undefined;
  #onBegin: (() => void) | undefined;

  get(table: string, key: string): Value | undefined {
    return this.#values.get(JSON.stringify([table, key]));
  }

  /** Stores a value, without a commit. */
  put(table: string, key: string, value: Value): void {
    this.#values.set(JSON.stringify([table, key]), value);
  }

  commit(changes: readonly PlacedChange[]): Promise<void> {
    if (this.#settle !== undefined) throw new Error('A commit is under way already');
    this.begun.push(changes.map(textOf));
    this.#onBegin?.();
    return new Promise((resolve, reject) => {
      this.#settle = (failure) => {
        this.#settle = undefined;
        if (failure !== undefined) return reject(failure);
        for (const change of changes) this.#apply(change);
        resolve();
      };
    });
  }

  /** Waits until a commit is under way. */
  async beginning(): Promise<void> {
    if (this.#settle !== undefined) return;
    await new Promise<void>((resolve) => {
      this.#onBegin = resolve;
    });
  }

  /** Ends the commit that is under way, or comes next. */
  async release(failure?: Error): Promise<void> {
    await this.beginning();
    this.#settle?.(failure);
  }

  #apply({ table, key, record }: PlacedChange): void {
    if (record === undefined) this.#values.delete(JSON.stringify([table, key]));
    else this.put(table, key, readValue(record));
  }
}

function textOf({ key, record }: PlacedChange): string {
  return record === undefined ? `-${key}` : `${key}=${readValue(record)}`;
}
