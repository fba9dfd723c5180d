import { MemoryLevel } from 'memory-level';
import {
  BYTES,
  type ByteEncodings,
  type LevelBatch,
  type LevelDatabase,
  type LevelIterator,
  type LevelRange,
  type TextValue,
  type WriteOptions,
} from '../level-database.js';

/** A database in memory that fails when it is told to, keeps writes back, and counts them. */
export class TestLevel implements LevelDatabase {
  readonly supports: LevelDatabase['supports'];
  /** What reading, writing and closing fail with, as long as it is there. */
  readFailure: Error | undefined;
  writeFailure: Error | undefined;
  closeFailure: Error | undefined;
  /** If it is told, just reads of this key fail. */
  failingKey: Buffer | undefined;
  /** The batches that came: how many changes each had, and whether it was to be synced. */
  readonly batches: { readonly changes: number; readonly sync: boolean }[] = [];
  /** Iterators that have not been closed. */
  iterators = 0;
  readonly #inner: MemoryLevel<Buffer, Buffer> = new MemoryLevel(BYTES);
  #held: Promise<void> = Promise.resolve();

  constructor({ getSync = true }: { getSync?: boolean } = {}) {
    this.supports = { getSync, implicitSnapshots: true, permanence: false };
  }

  /** Keeps back all batches from now on, until what is returned is called. */
  holdWrites(): () => void {
    let release = (): void => {};
    this.#held = new Promise((resolve) => {
      release = resolve;
    });
    return release;
  }

  /** Changes what is there under a key. */
  async corrupt(key: Buffer, change: (value: Buffer) => Buffer): Promise<void> {
    await this.#inner.put(key, change(Buffer.from((await this.#inner.get(key)) ?? [])));
  }

  keyEncoding(): void {}

  valueEncoding(): void {}

  open(): Promise<void> {
    return this.#inner.open();
  }

  async close(): Promise<void> {
    await this.#inner.close();
    if (this.closeFailure !== undefined) throw this.closeFailure;
  }

  getSync(key: Buffer, options: ByteEncodings | TextValue): Buffer | string | undefined {
    this.#checkReadable([key]);
    return this.#inner.getSync<Buffer, Buffer | string>(key, options);
  }

  async getMany(keys: Buffer[]): Promise<(Buffer | undefined)[]> {
    this.#checkReadable(keys);
    return this.#inner.getMany(keys);
  }

  put(key: string, value: Buffer, options: WriteOptions): Promise<void> {
    return this.#write(1, options, () => this.#inner.put(key, value, options));
  }

  del(key: string, options: WriteOptions): Promise<void> {
    return this.#write(1, options, () => this.#inner.del(key, options));
  }

  batch(): LevelBatch {
    const batch = this.#inner.batch();
    return {
      put: (key, value, options) => batch.put(key, value, options),
      del: (key, options) => batch.del(key, options),
      write: (options) => this.#write(batch.length, options, () => batch.write()),
    };
  }

  iterator(range: LevelRange): LevelIterator {
    const iterator = this.#inner.iterator<Buffer, Buffer>(range);
    this.iterators++;
    return {
      nextv: async (size) => {
        if (this.readFailure !== undefined) throw this.readFailure;
        return iterator.nextv(size);
      },
      close: () => {
        this.iterators--;
        return iterator.close();
      },
    };
  }

  async #write(
    changes: number,
    { sync }: { readonly sync: boolean },
    write: () => Promise<void>,
  ): Promise<void> {
    this.batches.push({ changes, sync });
    await this.#held;
    if (this.writeFailure !== undefined) throw this.writeFailure;
    await write();
  }

  #checkReadable(keys: readonly Buffer[]): void {
    if (this.readFailure === undefined) return;
    const { failingKey } = this;
    if (failingKey === undefined || keys.some((key) => key.equals(failingKey))) {
      throw this.readFailure;
    }
  }
}
