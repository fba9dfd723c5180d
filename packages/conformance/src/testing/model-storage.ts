import {
  checkOps,
  type Entry,
  entryBytes,
  KvError,
  type Page,
  type PageRequest,
  type Storage,
  type StorageLane,
  type Value,
  type WriteOp,
} from '@kv/core';
import { ModelLane } from './model-lane.js';

type Tables = Map<string, Map<string, Value>>;

/**
 * A storage in memory that has every capability: slow, and as plain as the contract. What it stores
 * outlives it as long as somebody opens it again.
 */
export class ModelStorage implements Storage {
  readonly capabilities = {
    persistent: true,
    ordered: true,
    snapshotIteration: true,
    lane: true,
    feed: false,
  };
  readonly lane: StorageLane = new ModelLane(this);
  protected readonly tables: Tables;
  protected closed = false;

  constructor(tables: Tables = new Map()) {
    this.tables = tables;
  }

  /** Closes the storage and opens its data again. */
  async reopen(): Promise<ModelStorage> {
    await this.close();
    return this.successor(this.tables);
  }

  protected successor(tables: Tables): ModelStorage {
    return new ModelStorage(tables);
  }

  get(table: string, key: string): Value | undefined {
    return own(this.entries(table).get(key));
  }

  getMany(table: string, keys: readonly string[]): (Value | undefined)[] {
    const entries = this.entries(table);
    return keys.map((key) => own(entries.get(key)));
  }

  contains(table: string, key: string): boolean {
    return this.entries(table).has(key);
  }

  set(table: string, key: string, value: Value): Value | undefined {
    return this.apply(table, { op: 'set', key, value });
  }

  del(table: string, key: string): Value | undefined {
    return this.apply(table, { op: 'delete', key });
  }

  write(table: string, ops: readonly WriteOp[]): (Value | undefined)[] {
    this.entries(table);
    checkOps(ops);
    return ops.map((op) => this.apply(table, op));
  }

  getAll(table: string): Entry[] {
    return [...this.entries(table)]
      .map(([key, value]): Entry => [key, own(value)])
      .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  }

  *getIter(table: string): Generator<Entry, void, undefined> {
    yield* ModelStorage.prototype.getAll.call(this, table);
  }

  scan(table: string, { position, prefix, limit, maxBytes }: PageRequest): Page {
    const entries = [...this.entries(table).keys()]
      .filter((key) => key.startsWith(prefix))
      .sort((a, b) => Buffer.compare(this.positionOf(a), this.positionOf(b)));
    const page: Page = { entries: [], next: undefined };
    let at = position;
    let bytes = 0;
    for (const key of entries) {
      const here = this.positionOf(key);
      if (position !== undefined && Buffer.compare(here, position) <= 0) continue;
      const entry: Entry = [key, own(this.entries(table).get(key) as Value)];
      bytes += entryBytes(entry);
      const full = page.entries.length >= limit || bytes > maxBytes;
      const together = at !== undefined && Buffer.compare(here, at) === 0;
      if (full && page.entries.length > 0 && !together) return { ...page, next: at };
      page.entries.push(entry);
      at = here;
    }
    return page;
  }

  /** The tables that there are. */
  names(): string[] {
    return [...this.tables.keys()];
  }

  close(): void | Promise<void> {
    this.closed = true;
  }

  /** Where a key stands in the order of a scan. */
  protected positionOf(key: string): Uint8Array {
    return new TextEncoder().encode(key);
  }

  protected entries(table: string): Map<string, Value> {
    if (this.closed) throw new KvError('UNAVAILABLE', 'The storage is closed');
    return this.tables.get(table) ?? new Map();
  }

  protected apply(table: string, op: WriteOp): Value | undefined {
    const entries = this.entries(table);
    const old = entries.get(op.key);
    if (op.op === 'set') entries.set(op.key, own(op.value));
    else entries.delete(op.key);
    if (entries.size === 0) this.tables.delete(table);
    else this.tables.set(table, entries);
    return old;
  }
}

function own<T extends Value | undefined>(value: T): T {
  return value instanceof Uint8Array ? (new Uint8Array(value) as T) : value;
}
