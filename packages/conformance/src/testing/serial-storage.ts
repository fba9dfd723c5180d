import {
  type Entry,
  KvError,
  type Page,
  type PageRequest,
  type Storage,
  type Value,
  type WriteOp,
} from '@kv/core';

/** A storage that answers nothing at once: each call waits for the one before. */
export class SerialStorage implements Storage {
  readonly capabilities: Storage['capabilities'];
  readonly #inner: Storage;
  #last: Promise<unknown> = Promise.resolve();
  protected closing = false;

  constructor(inner: Storage) {
    this.#inner = inner;
    this.capabilities = { ...inner.capabilities, lane: false, feed: false };
  }

  get(table: string, key: string): Promise<Value | undefined> {
    return this.queue(() => this.#inner.get(table, key));
  }

  getMany(table: string, keys: readonly string[]): Promise<(Value | undefined)[]> {
    return this.queue(() => this.#inner.getMany(table, keys));
  }

  contains(table: string, key: string): Promise<boolean> {
    return this.queue(() => this.#inner.contains(table, key));
  }

  set(table: string, key: string, value: Value): Promise<Value | undefined> {
    const own = structuredClone(value);
    return this.queue(() => this.#inner.set(table, key, own));
  }

  del(table: string, key: string): Promise<Value | undefined> {
    return this.queue(() => this.#inner.del(table, key));
  }

  write(table: string, ops: readonly WriteOp[]): Promise<(Value | undefined)[]> {
    const own = structuredClone(ops);
    return this.queue(() => this.#inner.write(table, own));
  }

  getAll(table: string): Promise<Entry[]> {
    return this.queue(() => this.#inner.getAll(table));
  }

  async *getIter(table: string): AsyncGenerator<Entry, void, undefined> {
    yield* await this.queue(() => this.#inner.getIter(table));
  }

  scan(table: string, request: PageRequest): Promise<Page> {
    return this.queue(() => this.#inner.scan(table, request));
  }

  close(): Promise<void> {
    const closed = this.queue(() => this.#inner.close());
    this.closing = true;
    return closed;
  }

  /** Makes a call when those before it are done. */
  protected async queue<T>(call: () => T | Promise<T>): Promise<T> {
    if (this.closing) throw new KvError('UNAVAILABLE', 'The storage is closed');
    const answer = this.#last.then(call);
    this.#last = answer.catch(() => {});
    return answer;
  }
}
