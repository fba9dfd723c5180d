import { ByteWriter, type Value, writeText, writeValueMessage } from '@kv/protocol';
import { outOfMemory } from './allocate.js';
import { ByteWindow } from './byte-window.js';

/** A buffer larger than this is not kept for the next call. */
const KEPT_BYTES = 1024 * 1024;

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

  /** Answers where the value's message ends. */
  appendValue(value: Value): number {
    try {
      writeValueMessage(value, this.#out);
    } catch (cause) {
      throw outOfMemory(cause);
    }
    this.window.look(this.#out.bytes);
    return this.#out.length;
  }
}
