import type { BatchItems } from '../storage-lane.js';
import type { ByteWindow } from './byte-window.js';
import { checkedUnits, type SlabStore } from './slab-store.js';
import type { SlabTable } from './slab-table.js';

/**
 * Is told, op by op, the address of the record that is replaced or deleted; 0 if there is none. The record
 * stays until the write is through. If this throws, nothing has changed.
 */
export type OnOld = (address: number) => void;

/**
 * A write of several ops: all or nothing. An op stores a value, or deletes what is there if its value's range
 * is empty, for the message of a value never is.
 *
 * All records are made first; then the index is changed op by op, which can be undone without memory, since
 * what was replaced or deleted stays until the end.
 */
export class SlabWrite {
  readonly #store: SlabStore;
  readonly #table: SlabTable;
  readonly #source: ByteWindow;
  readonly #items: BatchItems;
  // All by op, as far as it has come. An address is 0 where there was nothing, or is nothing now.
  readonly #hashes: number[] = [];
  readonly #units: number[] = [];
  readonly #made: number[] = [];
  readonly #replaced: number[] = [];

  /**
   * @param items where keys and values lie in `source`, at least one.
   * @throws {KvError} `TOO_LARGE` if there can be no such record.
   */
  constructor(store: SlabStore, table: SlabTable, source: ByteWindow, items: BatchItems) {
    this.#store = store;
    this.#table = table;
    this.#source = source;
    this.#items = items;
    const { count, keyStarts, keyEnds, valueStarts, valueEnds } = items;
    for (let i = 0; i < count; i++) {
      const start = keyStarts[i] as number;
      const end = keyEnds[i] as number;
      const valueBytes = (valueEnds[i] as number) - (valueStarts[i] as number);
      this.#units.push(valueBytes === 0 ? 0 : checkedUnits(end - start, valueBytes));
      this.#hashes.push(store.hash.hash(source.view, start, end));
    }
  }

  /**
   * Carries it out.
   *
   * @throws {KvError} `TOO_LARGE` or `STORAGE_FAILURE`, or whatever `onOld` throws; nothing has changed then.
   */
  run(onOld: OnOld): void {
    if (this.#items.count === 1) this.#runOne(onOld);
    else this.#runAll(onOld);
  }

  #runOne(onOld: OnOld): void {
    const store = this.#store;
    const table = this.#table;
    const { keyStarts, keyEnds, valueStarts, valueEnds } = this.#items;
    const hash = this.#hashes[0] as number;
    const address = this.#find(0);
    onOld(address);
    if (this.#units[0] !== 0) {
      const [keyStart = 0, keyEnd = 0] = [keyStarts[0], keyEnds[0]];
      const [valueStart = 0, valueEnd = 0] = [valueStarts[0], valueEnds[0]];
      store.put(table, hash, address, this.#source, keyStart, keyEnd, valueStart, valueEnd);
    } else if (address !== 0) {
      store.remove(table, hash, address);
    }
  }

  #runAll(onOld: OnOld): void {
    const { count } = this.#items;
    this.#admit();
    this.#store.tables.add(this.#table);
    try {
      for (let i = 0; i < count; i++) this.#made.push(this.#make(i));
      for (let i = 0; i < count; i++) this.#apply(i, onOld);
      this.#commit();
    } catch (error) {
      this.#undo();
      throw error;
    }
  }

  #admit(): void {
    const { budget, heap } = this.#store;
    // A deletion takes nothing.
    const hashes = this.#hashes.filter((_, i) => this.#units[i] !== 0);
    if (budget === undefined || hashes.length === 0) return;
    let small = 0;
    let large = 0;
    for (const units of this.#units) {
      if (units > heap.largeUnits) large += units;
      else small += units;
    }
    budget.admit(
      this.#table,
      hashes.length,
      small + large,
      () => heap.openingAtMost(small, large),
      () => this.#table.growthForAll(hashes),
    );
  }

  /** Makes the record of an op; answers its address, 0 if there is none to make. */
  #make(i: number): number {
    const units = this.#units[i] as number;
    if (units === 0) return 0;
    const { heap, records } = this.#store;
    const { keyStarts, keyEnds, valueStarts, valueEnds } = this.#items;
    const address = heap.take(units);
    records.write(
      address,
      this.#table.id,
      this.#source,
      keyStarts[i] as number,
      keyEnds[i] as number,
      valueStarts[i] as number,
      valueEnds[i] as number,
    );
    return address;
  }

  #apply(i: number, onOld: OnOld): void {
    const hash = this.#hashes[i] as number;
    const after = this.#made[i] as number;
    const before = this.#find(i);
    onOld(before);
    if (before === 0 && after !== 0) this.#table.index.reserve(hash);
    this.#change(hash, before, after);
    this.#replaced.push(before);
  }

  #find(i: number): number {
    const { keyStarts, keyEnds } = this.#items;
    const hash = this.#hashes[i] as number;
    return this.#table.find(hash, this.#source, keyStarts[i] as number, keyEnds[i] as number);
  }

  #change(hash: number, before: number, after: number): void {
    const { index } = this.#table;
    if (before !== 0 && after !== 0) index.replace(hash, before, after);
    else if (before !== 0) index.remove(hash, before);
    else if (after !== 0) index.insert(hash, after);
  }

  #commit(): void {
    const { records, tables, cleaner } = this.#store;
    this.#replaced.forEach((before, i) => {
      if (before === 0) return;
      records.kill(before);
      if (this.#made[i] === 0) this.#table.index.shrink(this.#hashes[i] as number);
    });
    for (const after of this.#made) {
      if (after !== 0 && records.isLive(after)) this.#store.touch(after);
    }
    tables.dropIfEmpty(this.#table);
    cleaner.step(this.#units.reduce((sum, units) => sum + units, 0));
  }

  #undo(): void {
    const { records, tables } = this.#store;
    for (let i = this.#replaced.length - 1; i >= 0; i--) {
      this.#change(this.#hashes[i] as number, this.#made[i] as number, this.#replaced[i] as number);
    }
    for (const address of this.#made) if (address !== 0) records.kill(address);
    if (this.#table.index.count === 0) this.#table.index.clear();
    tables.dropIfEmpty(this.#table);
  }
}
