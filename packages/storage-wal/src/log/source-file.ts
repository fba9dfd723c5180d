import { KvError } from '@kv/protocol';
import type { File } from '../file-system/file-system.js';
import { failureOf } from './unreadable.js';

/** What a disk can or cannot read as a whole, in bytes. */
const PAGE_BYTES = 4096;
/** What stands for a byte that cannot be read: nothing that anything begins with, or ends in. */
const UNREADABLE = 0xff;

/** A file that is read, of which a part may be unreadable. */
export class SourceFile {
  readonly #file: File;
  readonly #path: string;
  readonly #onUnreadable: ((offset: number, cause: unknown) => void) | undefined;

  /**
   * @param onUnreadable told of each page that cannot be read, which is passed over then; without it, reading fails.
   */
  constructor(
    file: File,
    path: string,
    onUnreadable: ((offset: number, cause: unknown) => void) | undefined,
  ) {
    this.#file = file;
    this.#path = path;
    this.#onUnreadable = onUnreadable;
  }

  size(): Promise<number> {
    return this.#file.size();
  }

  /** Fills `into` from a position on, and answers how many bytes there were. */
  async read(into: Uint8Array, position: number): Promise<number> {
    try {
      return await this.#file.read(into, position);
    } catch (cause) {
      // Errors of ours say nothing of the disk.
      if (this.#onUnreadable === undefined || cause instanceof KvError) {
        throw failureOf(`${this.#path} cannot be read at byte ${position}`, cause);
      }
    }
    const length = Math.min(into.length, (await this.size()) - position);
    for (let from = 0; from < length; ) {
      const to = Math.min(length, from + PAGE_BYTES - ((position + from) % PAGE_BYTES));
      await this.#readPage(into.subarray(from, to), position + from);
      from = to;
    }
    return Math.max(0, length);
  }

  async #readPage(into: Uint8Array, position: number): Promise<void> {
    try {
      const count = await this.#file.read(into, position);
      into.fill(UNREADABLE, count);
    } catch (cause) {
      if (cause instanceof KvError) throw cause;
      into.fill(UNREADABLE);
      this.#onUnreadable?.(position, cause);
    }
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
