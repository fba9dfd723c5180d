import {
  type Entry,
  type KvError,
  type LaneAnswer,
  type LaneRequest,
  type Page,
  type PageRequest,
  SlabStorage,
  type Storage,
  type StorageCapabilities,
  type StorageLane,
  type Value,
  type WriteOp,
} from '@kv/core';
import { type Awaitable, ByteWriter } from '@kv/protocol';

/** Calls on one key whose answers wait for the test. */
export interface Hold {
  /** Resolves when the first such call is waiting. */
  readonly reached: Promise<void>;
  /** Answers the calls that wait, and holds no more. */
  release(): void;
  /** Has the calls that wait fail, and holds no more. What they wrote stays written. */
  fail(error: KvError): void;
}

/**
 * A storage for tests of what happens while a command is under way: it does everything at once, but
 * keeps back the answers for chosen keys until the test lets them go, in whatever order it likes.
 *
 * ```js
 * const storage = new HeldStorage();
 * const hold = storage.hold('slow');
 * const answer = storage.get('table', 'slow');
 * await hold.reached;
 * hold.release();
 * await answer;
 * ```
 */
export class HeldStorage implements Storage {
  /** There if the inner storage offers one: it defers the requests whose answers have to wait. */
  readonly lane?: StorageLane;
  readonly #inner: Storage;
  readonly #holds: Map<string, Gate> = new Map();

  /** @param inner where data lives: a new `SlabStorage` by default. */
  constructor(inner: Storage = new SlabStorage()) {
    this.#inner = inner;
    if (inner.lane !== undefined) this.lane = new HeldLane(inner.lane, (key) => this.#wait(key));
  }

  get capabilities(): StorageCapabilities {
    return this.#inner.capabilities;
  }

  /**
   * Keeps back the answers of all calls from now on that name `key`, in any table. `getAll`,
   * `getIter` and `scan` name none. A key that is held already stays so, by the same hold.
   */
  hold(key: string): Hold {
    let gate = this.#holds.get(key);
    if (gate === undefined) {
      gate = new Gate(() => this.#holds.delete(key));
      this.#holds.set(key, gate);
    }
    return gate;
  }

  /** Releases every hold. */
  releaseAll(): void {
    for (const gate of [...this.#holds.values()]) gate.release();
  }

  get(table: string, key: string): Awaitable<Value | undefined> {
    return this.#keep([key], this.#inner.get(table, key));
  }

  getMany(table: string, keys: readonly string[]): Awaitable<(Value | undefined)[]> {
    return this.#keep(keys, this.#inner.getMany(table, keys));
  }

  contains(table: string, key: string): Awaitable<boolean> {
    return this.#keep([key], this.#inner.contains(table, key));
  }

  set(table: string, key: string, value: Value): Awaitable<Value | undefined> {
    return this.#keep([key], this.#inner.set(table, key, value));
  }

  del(table: string, key: string): Awaitable<Value | undefined> {
    return this.#keep([key], this.#inner.del(table, key));
  }

  write(table: string, ops: readonly WriteOp[]): Awaitable<(Value | undefined)[]> {
    const keys = ops.map((op) => op.key);
    return this.#keep(keys, this.#inner.write(table, ops));
  }

  getAll(table: string): Awaitable<Entry[]> {
    return this.#inner.getAll(table);
  }

  getIter(table: string): Iterable<Entry> | AsyncIterable<Entry> {
    return this.#inner.getIter(table);
  }

  scan(table: string, request: PageRequest): Awaitable<Page> {
    return this.#inner.scan(table, request);
  }

  close(): Awaitable<void> {
    return this.#inner.close();
  }

  #keep<Answer>(keys: readonly string[], answer: Awaitable<Answer>): Awaitable<Answer> {
    if (this.#holds.size === 0) return answer;
    const waits = keys.flatMap((key) => this.#wait(key) ?? []);
    if (waits.length === 0) return answer;
    return Promise.all(waits).then(() => answer);
  }

  /** What a call that names a key has to wait for. */
  #wait(key: string): Promise<void> | undefined {
    return this.#holds.size === 0 ? undefined : this.#holds.get(key)?.pass();
  }
}

/** The lane of a {@link HeldStorage}. It, too, does at once what it answers later. */
class HeldLane implements StorageLane {
  readonly #inner: StorageLane;
  readonly #wait: (key: string) => Promise<void> | undefined;

  constructor(inner: StorageLane, wait: (key: string) => Promise<void> | undefined) {
    this.#inner = inner;
    this.#wait = wait;
  }

  execute(request: LaneRequest, out: ByteWriter): number {
    return this.#wait(keyOf(request)) === undefined ? this.#inner.execute(request, out) : 0;
  }

  defer(request: LaneRequest, answer: LaneAnswer): boolean {
    const out = new ByteWriter();
    const status = this.#inner.execute(request, out);
    if (status === 0) return false;
    const bytes = out.take();
    const done = {
      execute(_: LaneRequest, to: ByteWriter): number {
        to.write(bytes);
        return status;
      },
    };
    const waited = this.#wait(keyOf(request)) ?? Promise.resolve();
    void waited.then(
      () => answer.execute(done, request),
      (error: unknown) => answer.fail(error),
    );
    return true;
  }

  prefetch(requests: readonly LaneRequest[], count: number): void {
    this.#inner.prefetch?.(requests, count);
  }
}

function keyOf({ bytes, keyStart, keyEnd }: LaneRequest): string {
  return new TextDecoder().decode(bytes.subarray(keyStart, keyEnd));
}

/** A hold as the storage sees it. */
class Gate implements Hold {
  readonly reached: Promise<void>;
  readonly #opened: Promise<void>;
  readonly #onEnd: () => void;
  // Set by the promises below, which call back before their constructors return.
  #reach!: () => void;
  #open!: () => void;
  #refuse!: (error: KvError) => void;

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
    this.reached = new Promise((resolve) => {
      this.#reach = resolve;
    });
    this.#opened = new Promise((resolve, reject) => {
      this.#open = resolve;
      this.#refuse = reject;
    });
    // Nobody may be waiting when it fails.
    this.#opened.catch(() => {});
  }

  pass(): Promise<void> {
    this.#reach();
    return this.#opened;
  }

  release(): void {
    this.#onEnd();
    this.#open();
  }

  fail(error: KvError): void {
    this.#onEnd();
    this.#refuse(error);
  }
}
