import { KvError } from './kv-error.js';

const INITIAL_BYTES = 4 * 1024;
/** Above this, handing the buffer over is cheaper than copying it, and keeping it would hoard. */
const HAND_OVER_BYTES = 64 * 1024;

/**
 * Bytes in the making: encoders append to it, and the connection takes what has come together.
 * Encoders that know what they do write to `bytes` at `length` themselves, after {@link reserve}.
 */
export class ByteWriter {
  bytes: Buffer = Buffer.alloc(INITIAL_BYTES);
  /** How many of `bytes` are written. */
  length = 0;

  /**
   * Makes room for `count` more bytes. `bytes` may be another array afterwards.
   *
   * @throws {KvError} `INTERNAL`, with its cause, if there is no memory; all is as it was then.
   */
  reserve(count: number): void {
    if (this.length + count > this.bytes.length) this.#grow(this.length + count);
  }

  /**
   * Appends a copy of `chunk`.
   *
   * @throws {KvError} as {@link reserve} does.
   */
  write(chunk: Uint8Array): void {
    this.reserve(chunk.length);
    this.bytes.set(chunk, this.length);
    this.length += chunk.length;
  }

  /** Takes out what was written, as bytes that belong to the caller, and starts anew. */
  take(): Uint8Array {
    const { bytes, length } = this;
    this.length = 0;
    const handOver = length > HAND_OVER_BYTES;
    // A buffer that is far from full is large because of something that was withdrawn from it.
    if (handOver || bytes.length > 2 * HAND_OVER_BYTES) this.bytes = Buffer.alloc(INITIAL_BYTES);
    return handOver ? bytes.subarray(0, length) : Buffer.from(bytes.subarray(0, length));
  }

  #grow(needed: number): void {
    // Not from the pool that small buffers share: it is written to for a long time.
    const grown = allocate(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }
}

function allocate(bytes: number): Buffer {
  try {
    return Buffer.allocUnsafeSlow(bytes);
  } catch (cause) {
    throw new KvError('INTERNAL', 'There is not enough memory for a message', { cause });
  }
}
