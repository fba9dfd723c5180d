import { constants } from 'node:buffer';
import { ByteWriter, KvError, type Value, writeText, writeValueMessage } from '@kv/protocol';
import { ItemList } from '../item-list.js';
import type { WriteOp } from '../storage.js';
import { outOfMemory } from './allocate.js';
import { ByteWindow } from './byte-window.js';

/** A buffer larger than this is not kept for the next call. */
const KEPT_BYTES = 1024 * 1024;

/** Bytes of the longest text that can be read again, whatever its characters are. */
const MAX_TEXT_BYTES = constants.MAX_STRING_LENGTH;

/** Where keys and values become bytes on their way into a store. */
export class Scratch {
  readonly window: ByteWindow = new ByteWindow();
  #out = new ByteWriter();

  constructor() {
    this.window.look(this.#out.bytes);
  }

  get view(): DataView {
    return this.window.view;
  }

  /** How many bytes there are. */
  get length(): number {
    return this.#out.length;
  }

  /** Starts anew. */
  begin(): void {
    if (this.#out.bytes.length > KEPT_BYTES) {
      this.#out = new ByteWriter();
      this.window.look(this.#out.bytes);
    }
    this.#out.length = 0;
  }

  /** Answers where the key ends, which begins where all ended that was there before. */
  appendKey(key: string): number {
    try {
      writeText(this.#out, key);
    } catch (cause) {
      throw outOfMemory(cause);
    }
    this.window.look(this.#out.bytes);
    return this.#out.length;
  }

  /**
   * Answers where the value's message ends.
   *
   * @throws {KvError} `TOO_LARGE` if it is a text that could not be read again.
   */
  appendValue(value: Value): number {
    if (typeof value === 'string') checkLength(value);
    try {
      writeValueMessage(value, this.#out);
    } catch (cause) {
      throw outOfMemory(cause);
    }
    this.window.look(this.#out.bytes);
    return this.#out.length;
  }

  /** Appends ops, one at least; answers where their keys and values are. A deletion has none. */
  appendOps(ops: readonly WriteOp[]): ItemList {
    const items = new ItemList(ops.length);
    for (const op of ops) {
      const keyStart = this.length;
      const keyEnd = this.appendKey(op.key);
      const valueEnd = op.op === 'set' ? this.appendValue(op.value) : keyEnd;
      items.add(keyStart, keyEnd, keyEnd, valueEnd);
    }
    return items;
  }
}

function checkLength(text: string): void {
  // A character has three bytes at the most.
  if (text.length <= MAX_TEXT_BYTES / 3 || Buffer.byteLength(text) <= MAX_TEXT_BYTES) return;
  throw new KvError(
    'TOO_LARGE',
    `The text exceeds the storage's limit of ${MAX_TEXT_BYTES} bytes of UTF-8`,
  );
}
