import { withoutStack } from '../without-stack.js';
import { readUtf8 } from './utf8.js';

/** How deep groups may be nested: a little less than protobuf-es allows, wherever the group stands. */
const MAX_GROUP_DEPTH = 97;

const scratch = new DataView(new ArrayBuffer(8));

/**
 * Reads protobuf's wire format, as the generated decoders ask it to. What they pass as `end` is where
 * the message ends that they are reading; nothing is read beyond it that is not refused afterwards.
 */
export class WireReader {
  /** Where it reads next. */
  at = 0;
  #bytes: Buffer = Buffer.alloc(0);

  /** Goes to `start` of `bytes`. */
  reset(bytes: Uint8Array, start: number): void {
    this.#bytes = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = start;
  }

  /** A field's number and wire type: a varint that must fit 32 bits. */
  tag(): number {
    const start = this.at;
    const tag = this.uint32();
    const bytes = this.at - start;
    if (bytes > 5 || (bytes === 5 && (this.#bytes[this.at - 1] as number) > 0x0f)) {
      throw malformed('A tag exceeds 32 bits');
    }
    return tag;
  }

  /** A varint of which 32 bits count; what is above them is read and ignored, as everywhere. */
  uint32(): number {
    // Beyond the end of the array there is `undefined`, which is no byte below 0x80 and counts as 0:
    // such a varint is too long, or its message is.
    const first = this.#bytes[this.at++] as number;
    return first < 0x80 ? first : this.#longUint32(first);
  }

  #longUint32(first: number): number {
    let value = first & 0x7f;
    for (let shift = 7; shift < 70; shift += 7) {
      const byte = this.#bytes[this.at++] as number;
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw malformed('A varint has more than ten bytes');
  }

  int64(): bigint {
    const first = this.#bytes[this.at] as number;
    if (first < 0x80) {
      this.at++;
      return BigInt(first);
    }
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#bytes[this.at++] as number;
      const bits = byte & 0x7f;
      if (shift < 32) low |= bits << shift;
      // The fifth byte has bits of both halves.
      if (shift === 28) high |= bits >>> 4;
      else if (shift > 28) high |= bits << (shift - 32);
      if (byte < 0x80) {
        scratch.setInt32(0, low, true);
        scratch.setInt32(4, high, true);
        return scratch.getBigInt64(0, true);
      }
    }
    throw malformed('A varint has more than ten bytes');
  }

  bool(): boolean {
    return this.int64() !== 0n;
  }

  double(end: number): number {
    const start = this.#take(8, end);
    for (let i = 0; i < 8; i++) scratch.setUint8(i, this.#bytes[start + i] as number);
    return scratch.getFloat64(0, true);
  }

  /** @throws {TypeError} if it is no UTF-8. */
  string(end: number): string {
    const start = this.#take(this.uint32(), end);
    return readUtf8(this.#bytes, start, this.at);
  }

  /** A copy. */
  bytes(end: number): Uint8Array {
    const length = this.uint32();
    const start = this.#take(length, end);
    const copy = new Uint8Array(length);
    copy.set(this.#bytes.subarray(start, this.at));
    return copy;
  }

  /** Where the message ends whose length stands here. */
  messageEnd(end: number): number {
    const length = this.uint32();
    if (length > end - this.at) throw malformed('A field is longer than its message');
    return this.at + length;
  }

  /** To be called when a message has been read: its last field must end where it does. */
  checkEnd(end: number): void {
    if (this.at !== end) throw malformed('A field is longer than its message');
  }

  /**
   * Passes over a field that the decoder has no use for.
   *
   * @param known the fields that it does know, though not of this wire type.
   */
  skip(tag: number, end: number, known: ReadonlySet<number>): void {
    const number = tag >>> 3;
    if (known.has(number)) throw malformed(`Field ${number} has wire type ${tag & 7}`);
    const groups: number[] = [];
    this.#skipOne(tag, end, groups);
    while (groups.length > 0) {
      if (this.at >= end) throw malformed('A group has no end');
      this.#skipOne(this.tag(), end, groups);
    }
  }

  /** @param groups the groups that are open, by their field numbers. */
  #skipOne(tag: number, end: number, groups: number[]): void {
    const number = tag >>> 3;
    if (number === 0) throw malformed('A field has the number 0');
    switch (tag & 7) {
      case 0:
        this.int64();
        break;
      case 1:
        this.#take(8, end);
        break;
      case 2:
        this.#take(this.uint32(), end);
        break;
      case 3:
        if (groups.length === MAX_GROUP_DEPTH) throw malformed('Groups are nested too deep');
        groups.push(number);
        break;
      case 4:
        if (groups.pop() !== number) throw malformed('A group ends that has not begun');
        break;
      case 5:
        this.#take(4, end);
        break;
      default:
        throw malformed(`There is no wire type ${tag & 7}`);
    }
  }

  /** Moves on by `length`, and says from where. */
  #take(length: number, end: number): number {
    const start = this.at;
    if (length > end - start) throw malformed('A field is longer than its message');
    this.at = start + length;
    return start;
  }
}

function malformed(message: string): Error {
  return withoutStack(() => new Error(message));
}
