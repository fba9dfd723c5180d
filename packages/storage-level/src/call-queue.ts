import { Fifo, KvError } from '@kv/protocol';
import { Counts } from './counts.js';
import { failureOf } from './failure.js';
import { KeyCall } from './key-call.js';
import { type LevelDatabase, TEXT_KEY } from './level-database.js';
import type { Change } from './record.js';
import type { RecordReader } from './record-reader.js';
import { type ReadRecord, View } from './view.js';

/** So many entries are written together, so that others get the event loop, too. */
const MAX_ENTRIES = 512;

/** A call about a table, which reads what is there when it starts. */
interface TableCall {
  start(): void;
}

/**
 * What has been called and has to wait for a write: calls about keys, in groups that are written together, and
 * calls about tables between them. Groups are carried out one after the other, each in one batch, and answered when
 * that is written. So all that is answered is true: a call has seen the changes of those before it, and they are
 * there, or it fails with them.
 *
 * What concerns no entry that is to be changed need not wait, and does not come here.
 */
export class CallQueue {
  readonly #db: LevelDatabase;
  readonly #reader: RecordReader;
  readonly #sync: boolean;
  readonly #waiting = new Fifo<KeyCall | TableCall>();
  /** The entries that are to be changed, and their tables. */
  readonly #places = new Counts();
  readonly #tables = new Counts();
  /** Reads outside of the queue, and whether they would see what is written meanwhile. */
  readonly #reads = new Map<Promise<unknown>, boolean>();
  #running: Promise<void> | undefined;
  #failure: KvError | undefined;
  #batches = 0;
  #changes = 0;

  /** @param sync whether each batch is to be on the disk before it counts as written. */
  constructor(db: LevelDatabase, reader: RecordReader, sync: boolean) {
    this.#db = db;
    this.#reader = reader;
    this.#sync = sync;
  }

  /** Whether iterators show what was there when they were made. */
  get snapshots(): boolean {
    const { implicitSnapshots, snapshots } = this.#db.supports;
    return implicitSnapshots ?? snapshots ?? false;
  }

  /** Batches and changes that have been written, and whether there can be more. */
  get figures(): { batches: number; changes: number; readOnly: boolean } {
    return {
      batches: this.#batches,
      changes: this.#changes,
      readOnly: this.#failure !== undefined,
    };
  }

  /** Whether an entry is to be changed, so that whoever reads it has to wait. */
  awaitsWrite(place: string): boolean {
    return this.#places.has(place);
  }

  /** Carries out a call about keys, in its turn. */
  push<T>(call: KeyCall<T>): Promise<T> {
    if (call.writes) {
      this.#tables.add(call.table);
      for (const place of call.places) this.#places.add(place);
    }
    this.#enqueue(call as KeyCall);
    return call.promise;
  }

  /** Carries out a call about a table: at once, or when the writes to the table have been carried out. */
  readTable<T>(table: string, read: () => Promise<T>): Promise<T> {
    const start = (): Promise<T> => this.track(read(), !this.snapshots);
    if (!this.#tables.has(table)) return start();
    return new Promise((resolve) => {
      this.#enqueue({ start: () => resolve(start()) });
    });
  }

  /**
   * Has the end wait for a read; and writes that are called from now on, if it would see them.
   *
   * @returns the read.
   */
  track<T>(read: Promise<T>, seesWrites: boolean): Promise<T> {
    const forget = (): void => {
      this.#reads.delete(read);
    };
    this.#reads.set(read, seesWrites);
    read.then(forget, forget);
    return read;
  }

  /** Waits until all is carried out that has been called. */
  async end(): Promise<void> {
    while (this.#running !== undefined || this.#reads.size > 0) {
      await this.#running;
      await Promise.allSettled(this.#reads.keys());
    }
  }

  #enqueue(call: KeyCall | TableCall): void {
    this.#waiting.push(call);
    this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    // What is called in one go is written together.
    await undefined;
    while (this.#waiting.length > 0) {
      const group = this.#takeGroup();
      if (group.length > 0) await this.#carryOut(group);
      else (this.#waiting.shift() as TableCall).start();
    }
    this.#running = undefined;
  }

  /** Takes out the calls about keys that come before the next one about a table, or as many as go together. */
  #takeGroup(): KeyCall[] {
    const group: KeyCall[] = [];
    for (let entries = 0; entries < MAX_ENTRIES; ) {
      const call = this.#waiting.peek();
      if (!(call instanceof KeyCall)) break;
      this.#waiting.shift();
      entries += call.places.length;
      group.push(call);
    }
    return group;
  }

  /** Never throws. */
  async #carryOut(group: readonly KeyCall[]): Promise<void> {
    if (this.#reads.size > 0) await this.#readsThatSeeWrites();
    const base = await this.#base(group);
    const view = new View(base);
    const done = group.filter((call) => this.#attempt(call, view));
    const failure = await this.#commit(view.changes);
    for (const call of group) this.#forget(call);
    for (const call of done) {
      if (failure === undefined) call.answer();
      else if (call.writes) call.fail(failure);
      // Nothing of what it saw of the group has come to be.
      else if (this.#attempt(call, new View(base))) call.answer();
    }
  }

  async #readsThatSeeWrites(): Promise<void> {
    const reads = [...this.#reads].filter(([, seesWrites]) => seesWrites);
    await Promise.allSettled(reads.map(([read]) => read));
  }

  #base(group: readonly KeyCall[]): Promise<ReadRecord> | ReadRecord {
    if (this.#reader.immediate) return (place) => this.#reader.readNow(place);
    return this.#reader.read(group.flatMap((call) => call.places));
  }

  /** Whether it succeeded; if not, the caller knows. */
  #attempt(call: KeyCall, view: View): boolean {
    try {
      if (call.writes && this.#failure !== undefined) throw this.#failure;
      call.carryOut(view);
      return true;
    } catch (error) {
      call.fail(error);
      return false;
    }
  }

  /** Answers why it failed. */
  async #commit(changes: ReadonlyMap<string, Change>): Promise<KvError | undefined> {
    if (changes.size === 0) return undefined;
    try {
      await this.#write(changes);
    } catch (cause) {
      // LevelDB would take more, into a log with a hole in it, and lose that when it is next opened.
      this.#failure = new KvError(
        'STORAGE_FAILURE',
        'The database takes no more writes since one has failed; it has to be opened anew',
        { cause },
      );
      return failureOf('written', cause);
    }
    this.#batches++;
    this.#changes += changes.size;
    return undefined;
  }

  #write(changes: ReadonlyMap<string, Change>): Promise<void> {
    const sync = this.#sync;
    if (changes.size === 1) {
      // Takes less than a batch of one.
      const [{ place, record }] = changes.values() as Iterable<Change> as [Change];
      const options = { ...TEXT_KEY, sync };
      if (record === undefined) return this.#db.del(place, options);
      return this.#db.put(place, record, options);
    }
    const batch = this.#db.batch();
    for (const { place, record } of changes.values()) {
      if (record === undefined) batch.del(place, TEXT_KEY);
      else batch.put(place, record, TEXT_KEY);
    }
    return batch.write({ sync });
  }

  #forget(call: KeyCall): void {
    if (!call.writes) return;
    this.#tables.remove(call.table);
    for (const place of call.places) this.#places.remove(place);
  }
}
