import { ByteWriter, KvError } from '@kv/protocol';
import {
  BLOCK_HEADER_BYTES,
  type BlockHeader,
  blockBytes,
  sealBlock,
} from '../format/block-header.js';
import { ALIGNMENT, viewOf } from '../format/layout.js';
import {
  CHANGE_HEADER_BYTES,
  ENTRIES,
  ENTRIES_HEADER_BYTES,
  MANY_CHANGES,
  OLD_VALUES,
  ONE_CHANGE,
  RECORD_HEADER_BYTES,
} from '../format/record.js';

/** The most bytes that the records of a block take, unless told otherwise. */
export const MAX_PAYLOAD_BYTES: number = 2 ** 30;

/** From here, a call into the runtime copies faster than a loop. */
const LONG_BYTES = 256;
/** A buffer larger than this is not kept for the next changes. */
const KEPT_BYTES = 4 * 1024 * 1024;

/** Changes that are committed together, in the bytes in which they stand in the log. */
export class Block {
  /** How many there are. */
  changes = 0;
  #out = new ByteWriter();
  #view: DataView = viewOf(this.#out.bytes);
  /** Where the record of several changes begins that is being made; 0 if none is. */
  #many = 0;
  /** How many changes there were before it. */
  #changesBefore = 0;

  readonly #maxBytes: number;

  /** @param maxBytes the most bytes that its records may take. */
  constructor(maxBytes: number = MAX_PAYLOAD_BYTES) {
    this.#maxBytes = maxBytes;
    this.#out.length = BLOCK_HEADER_BYTES;
  }

  /** Its bytes, room for the header included. Other bytes may take their place when something is appended. */
  get out(): ByteWriter {
    return this.#out;
  }

  /** A view of the bytes. */
  get view(): DataView {
    return this.#view;
  }

  /**
   * Appends a change, a write of its own: a copy of what stands in `source` from `start` to `end`, a `CommandRequest`.
   *
   * @param view over the same bytes, at the same offsets.
   * @returns where, in the block's bytes, the copy begins.
   * @throws {KvError} `TOO_LARGE`, or `TOO_MANY_REQUESTS` if it is only that too many wait, `STORAGE_FAILURE` if
   * there is no memory; nothing is appended then.
   */
  append(source: Uint8Array, view: DataView, start: number, end: number): number {
    const length = end - start;
    this.#reserve(RECORD_HEADER_BYTES + length);
    const at = this.#out.length;
    this.#view.setUint32(at, length, true);
    this.#view.setUint32(at + 4, ONE_CHANGE, true);
    return this.#copy(source, view, start, end, at + RECORD_HEADER_BYTES);
  }

  /** Appends changes that set `count` entries of a table, as a list of these; otherwise as {@link append}. */
  appendEntries(
    source: Uint8Array,
    view: DataView,
    start: number,
    end: number,
    count: number,
  ): void {
    const length = ENTRIES_HEADER_BYTES + end - start;
    this.#reserve(RECORD_HEADER_BYTES + length);
    const at = this.#out.length;
    const body = at + RECORD_HEADER_BYTES;
    this.#view.setUint32(at, length, true);
    this.#view.setUint32(at + 4, ENTRIES, true);
    this.#view.setUint32(body, count, true);
    this.#copy(source, view, start, end, body + ENTRIES_HEADER_BYTES, count);
  }

  /** Appends what was there before its changes, from the beginning of `source` to `end`; otherwise as {@link append}. */
  appendOldValues(source: Uint8Array, end: number): void {
    this.#reserve(RECORD_HEADER_BYTES + end);
    const at = this.#out.length;
    this.#view.setUint32(at, end, true);
    this.#view.setUint32(at + 4, OLD_VALUES, true);
    this.#copy(source, viewOf(source), 0, end, at + RECORD_HEADER_BYTES, 0);
  }

  /** Begins a write of several changes, of which all will be there after a crash or none. */
  beginMany(): void {
    this.#reserve(RECORD_HEADER_BYTES);
    this.#many = this.#out.length;
    this.#changesBefore = this.changes;
    this.#view.setUint32(this.#many + 4, MANY_CHANGES, true);
    this.#out.length += RECORD_HEADER_BYTES;
  }

  /** Appends a change to the write that was begun; otherwise as {@link append}, and what was begun remains so. */
  appendOne(source: Uint8Array, view: DataView, start: number, end: number): number {
    const length = end - start;
    this.#reserve(CHANGE_HEADER_BYTES + length);
    const at = this.#out.length;
    this.#view.setUint32(at, length, true);
    return this.#copy(source, view, start, end, at + CHANGE_HEADER_BYTES);
  }

  /** Ends the write that was begun. */
  endMany(): void {
    const length = this.#out.length - this.#many - RECORD_HEADER_BYTES;
    if (this.changes === this.#changesBefore) this.#out.length = this.#many;
    else this.#view.setUint32(this.#many, length, true);
    this.#many = 0;
  }

  /** Takes back the write that was begun, if one was. */
  abandon(): void {
    if (this.#many === 0) return;
    this.#out.length = this.#many;
    this.changes = this.#changesBefore;
    this.#many = 0;
  }

  /** Whether a write was begun and not ended. */
  get isUnfinished(): boolean {
    return this.#many > 0;
  }

  /** For the log: makes a block of it, and gives its bytes. */
  seal(header: BlockHeader, seed: number): Buffer {
    const payloadBytes = this.#out.length - BLOCK_HEADER_BYTES;
    const bytes = this.#out.bytes.subarray(0, this.sealedBytes);
    sealBlock(bytes, this.#view, payloadBytes, header, seed);
    return bytes;
  }

  /** The bytes that it takes in its file. */
  get sealedBytes(): number {
    return blockBytes(this.#out.length - BLOCK_HEADER_BYTES);
  }

  /** For the log: makes it empty. */
  clear(): void {
    if (this.#out.bytes.length > KEPT_BYTES) {
      this.#out = new ByteWriter();
      this.#view = viewOf(this.#out.bytes);
    }
    this.#out.length = BLOCK_HEADER_BYTES;
    this.changes = 0;
    this.#many = 0;
  }

  #reserve(count: number): void {
    const out = this.#out;
    const payloadBytes = out.length - BLOCK_HEADER_BYTES + count;
    if (payloadBytes > this.#maxBytes) throw this.#tooMuch(count);
    // The block is filled up to where the next may begin.
    if (out.length + count + ALIGNMENT > out.bytes.length) this.#grow(count + ALIGNMENT);
  }

  #grow(count: number): void {
    try {
      this.#out.reserve(count);
    } catch (cause) {
      throw new KvError('STORAGE_FAILURE', 'The log is out of memory', { cause });
    }
    this.#view = viewOf(this.#out.bytes);
  }

  #tooMuch(count: number): KvError {
    if (count > this.#maxBytes || this.#many > 0) {
      return new KvError('TOO_LARGE', `A write exceeds ${this.#maxBytes} bytes`);
    }
    return new KvError('TOO_MANY_REQUESTS', 'Too many writes wait for the disk');
  }

  #copy(
    source: Uint8Array,
    view: DataView,
    start: number,
    end: number,
    at: number,
    changes = 1,
  ): number {
    const out = this.#out;
    out.length = at + end - start;
    this.changes += changes;
    if (end - start > LONG_BYTES) {
      out.bytes.set(source.subarray(start, end), at);
      return at;
    }
    const target = this.#view;
    let to = at;
    let from = start;
    for (const lastWord = end - 4; from <= lastWord; from += 4, to += 4) {
      target.setInt32(to, view.getInt32(from, true), true);
    }
    for (; from < end; from++, to++) target.setUint8(to, view.getUint8(from));
    return at;
  }
}
