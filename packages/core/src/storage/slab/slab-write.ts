import type { Value } from '@kv/protocol';
import type { WriteOp } from '../storage.js';
import type { Scratch } from './scratch.js';
import { checkedUnits, type SlabStore } from './slab-store.js';
import type { SlabTable } from './slab-table.js';

/** An op, as bytes in the scratch. */
interface EncodedOp {
  readonly hash: number;
  readonly keyStart: number;
  readonly keyEnd: number;
  /** Where the value ends, which begins where the key ends; absent from a deletion. */
  readonly valueEnd?: number;
  /** Units of the record that it makes. */
  readonly units: number;
}

/** What an op did to the index: an address is 0 where there was nothing, or is nothing now. */
interface Change {
  readonly hash: number;
  readonly before: number;
  readonly after: number;
}

/**
 * A write of several ops: all or nothing. All records are made first; then the index is changed op by
 * op, which can be undone without memory, since what was replaced or deleted stays until the end.
 */
export class SlabWrite {
  readonly #store: SlabStore;
  readonly #table: SlabTable;
  readonly #scratch: Scratch;
  readonly #ops: EncodedOp[] = [];
  /** The records that were made, by op. */
  readonly #made: number[] = [];
  readonly #changes: Change[] = [];

  /** @throws {KvError} `TOO_LARGE` if there can be no such record. */
  constructor(store: SlabStore, table: string, ops: readonly WriteOp[], scratch: Scratch) {
    this.#store = store;
    this.#table = store.tableFor(table);
    this.#scratch = scratch;
    scratch.begin();
    for (const op of ops) {
      const keyStart = scratch.length;
      const keyEnd = scratch.appendKey(op.key);
      const valueEnd = op.op === 'set' ? scratch.appendValue(op.value) : undefined;
      const units = valueEnd === undefined ? 0 : checkedUnits(keyEnd - keyStart, valueEnd - keyEnd);
      const hash = store.hash.hash(scratch.view, keyStart, keyEnd);
      this.#ops.push({
        hash,
        keyStart,
        keyEnd,
        units,
        ...(valueEnd !== undefined && { valueEnd }),
      });
    }
  }

  /**
   * Carries it out.
   *
   * @returns the values that were replaced or deleted, in the order of the ops.
   * @throws {KvError} `TOO_LARGE` or `STORAGE_FAILURE`; nothing has changed then.
   */
  run(): (Value | undefined)[] {
    this.#admit();
    this.#store.tables.add(this.#table);
    try {
      for (const op of this.#ops) this.#made.push(this.#make(op));
      const old = this.#ops.map((op, i) => this.#apply(op, this.#made[i] as number));
      this.#commit();
      return old;
    } catch (error) {
      this.#undo();
      throw error;
    }
  }

  #admit(): void {
    const { budget, heap } = this.#store;
    // A deletion takes nothing.
    const sets = this.#ops.filter(({ valueEnd }) => valueEnd !== undefined);
    if (budget === undefined || sets.length === 0) return;
    let small = 0;
    let large = 0;
    for (const { units } of sets) {
      if (units > heap.largeUnits) large += units;
      else small += units;
    }
    const hashes = sets.map(({ hash }) => hash);
    budget.admit(
      this.#table,
      sets.length,
      small + large,
      () => heap.openingAtMost(small, large),
      () => this.#table.growthForAll(hashes),
    );
  }

  /** Makes the record of an op; answers its address, 0 if there is none to make. */
  #make({ keyStart, keyEnd, valueEnd, units }: EncodedOp): number {
    if (valueEnd === undefined) return 0;
    const { heap, records } = this.#store;
    const address = heap.take(units);
    const { window } = this.#scratch;
    records.write(address, this.#table.id, window, keyStart, keyEnd, keyEnd, valueEnd);
    return address;
  }

  #apply({ hash, keyStart, keyEnd }: EncodedOp, after: number): Value | undefined {
    const table = this.#table;
    const before = table.find(hash, this.#scratch.window, keyStart, keyEnd);
    const old = before === 0 ? undefined : this.#store.records.value(before);
    if (before === 0 && after !== 0) table.index.reserve(hash);
    this.#change({ hash, before, after });
    this.#changes.push({ hash, before, after });
    return old;
  }

  #change({ hash, before, after }: Change): void {
    const { index } = this.#table;
    if (before !== 0 && after !== 0) index.replace(hash, before, after);
    else if (before !== 0) index.remove(hash, before);
    else if (after !== 0) index.insert(hash, after);
  }

  #commit(): void {
    const { records, tables, cleaner } = this.#store;
    for (const { hash, before, after } of this.#changes) {
      if (before !== 0) records.kill(before);
      if (before !== 0 && after === 0) this.#table.index.shrink(hash);
    }
    for (const { after } of this.#changes)
      if (after !== 0 && records.isLive(after)) this.#store.touch(after);
    tables.dropIfEmpty(this.#table);
    cleaner.step(this.#ops.reduce((sum, { units }) => sum + units, 0));
  }

  #undo(): void {
    const { records, tables } = this.#store;
    for (const { hash, before, after } of this.#changes.reverse()) {
      this.#change({ hash, before: after, after: before });
    }
    for (const address of this.#made) if (address !== 0) records.kill(address);
    if (this.#table.index.count === 0) this.#table.index.clear();
    tables.dropIfEmpty(this.#table);
  }
}
