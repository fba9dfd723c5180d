import type { SlabTable } from './slab-table.js';

/** The tables of a store: those in which there is something. */
export class Tables {
  readonly #byName = new Map<string, SlabTable>();
  readonly #byId: (SlabTable | undefined)[] = [undefined];
  readonly #freeIds: number[] = [];
  #bytes = 0;

  /** How many there are. */
  get count(): number {
    return this.#byName.size;
  }

  /** What they take, about, besides their records and the slots of their indexes. */
  get bytes(): number {
    return this.#bytes;
  }

  named(name: string): SlabTable | undefined {
    return this.#byName.get(name);
  }

  /** The names of all. */
  names(): Iterable<string> {
    return this.#byName.keys();
  }

  /** The table that has a record. */
  withId(id: number): SlabTable {
    return this.#byId[id] as SlabTable;
  }

  /** Adds a table, unless it is here already. */
  add(table: SlabTable): void {
    if (table.id !== 0) return;
    table.id = this.#freeIds.pop() ?? this.#byId.length;
    this.#byId[table.id] = table;
    this.#byName.set(table.name, table);
    this.#bytes += table.bytes;
  }

  /** Removes a table if nothing is left in it. */
  dropIfEmpty(table: SlabTable): void {
    if (table.id === 0 || table.index.count > 0) return;
    this.#byName.delete(table.name);
    this.#byId[table.id] = undefined;
    this.#freeIds.push(table.id);
    table.id = 0;
    this.#bytes -= table.bytes;
  }

  /** Removes all. */
  clear(): void {
    for (const table of this.#byName.values()) {
      table.index.clear();
      table.id = 0;
    }
    this.#byName.clear();
    this.#byId.length = 1;
    this.#freeIds.length = 0;
    this.#bytes = 0;
  }
}
