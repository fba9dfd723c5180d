import { isUtf8 } from 'node:buffer';
import type { NameLimits } from '../limits.js';

/** Up to here, looking at each word of a text beats a call into the runtime. */
const SHORT_TEXT = 1024;

/**
 * The length of a field that is not what the lane takes. Not -1: what is cut off may have been read to a byte
 * behind its end, and so much would be left.
 */
const NONE = -(2 ** 30);

/**
 * What readers of requests have in common: each takes one shape of request, encoded as encoders do, every
 * field once, in order, and nothing else. What protobuf allows besides is for the codec to read.
 */
export abstract class RequestReader {
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  tableStart = 0;
  tableEnd = 0;
  keyStart = 0;
  keyEnd = 0;
  valueStart = 0;
  valueEnd = 0;

  /** Where it reads next. */
  protected at = 0;
  readonly #limits: NameLimits;

  constructor(limits: NameLimits) {
    this.#limits = limits;
  }

  /** Goes behind the tag at `start`. */
  protected begin(bytes: Uint8Array, view: DataView, start: number): void {
    this.bytes = bytes;
    this.view = view;
    this.at = start + 1;
  }

  /** Whether what comes next is a table. */
  protected table(end: number): boolean {
    const length = this.field(0x0a, end);
    this.tableStart = this.at;
    this.tableEnd = this.at + length;
    this.at = this.tableEnd;
    return (
      length > 0 &&
      length <= this.#limits.maxTableBytes &&
      this.#isText(this.tableStart, this.tableEnd)
    );
  }

  /** Whether what comes next is a key. */
  protected key(tag: number, end: number): boolean {
    const length = this.field(tag, end);
    this.keyStart = this.at;
    this.keyEnd = this.at + length;
    this.at = this.keyEnd;
    return (
      length > 0 && length <= this.#limits.maxKeyBytes && this.#isText(this.keyStart, this.keyEnd)
    );
  }

  /** Whether what comes next, up to `end`, is the rest of a pair: its key and its value. */
  protected pair(end: number): boolean {
    if (!this.key(0x0a, end)) return false;
    if (this.bytes[this.at++] !== 0x12 || !this.fills(end)) return false;
    this.valueStart = this.at;
    this.valueEnd = end;
    return this.#isValue(end);
  }

  /** Whether what comes next is the length of something that ends at `end`. */
  protected fills(end: number): boolean {
    return this.#length() === end - this.at;
  }

  /** The length of the field that comes next; a negative number if it has not this tag or does not fit. */
  protected field(tag: number, end: number): number {
    if (this.bytes[this.at++] !== tag) return NONE;
    const length = this.#length();
    return length <= end - this.at ? length : NONE;
  }

  /** A varint in its shortest form, of up to four bytes; a negative number if it is another. */
  #length(): number {
    // Beyond the end of the array there is `undefined`, which is below nothing, and no length.
    const first = this.bytes[this.at++] as number;
    return first < 0x80 ? first : this.#longLength(first);
  }

  #longLength(first: number): number {
    let length = first & 0x7f;
    for (let shift = 7; shift <= 21; shift += 7) {
      const byte = this.bytes[this.at++] as number;
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) return byte === 0 ? NONE : length;
    }
    return NONE;
  }

  /** Whether the rest, up to `end`, is one value, encoded in the one way in which encoders do it. */
  #isValue(end: number): boolean {
    const tag = this.bytes[this.at++];
    switch (tag) {
      case 0x0a:
        return this.fills(end) && this.#isText(this.at, end);
      case 0x12:
        return this.fills(end);
      case 0x18:
        return this.#isInteger(end);
      case 0x21:
        // Of what is no number, there are many forms, and JavaScript keeps but one.
        return end - this.at === 8 && !Number.isNaN(this.view.getFloat64(this.at, true));
      case 0x28:
        return end - this.at === 1 && (this.bytes[this.at] as number) <= 1;
      default:
        return false;
    }
  }

  #isInteger(end: number): boolean {
    const length = end - this.at;
    if (length < 1 || length > 10) return false;
    for (let at = this.at; at < end - 1; at++) {
      if ((this.bytes[at] as number) < 0x80) return false;
    }
    const last = this.bytes[end - 1] as number;
    if (length === 10) return last === 1;
    return last < 0x80 && (last > 0 || length === 1);
  }

  #isText(start: number, end: number): boolean {
    const { bytes, view } = this;
    if (end - start > SHORT_TEXT) return isUtf8(bytes.subarray(start, end));
    let seen = 0;
    let at = start;
    for (; at <= end - 4; at += 4) seen |= view.getInt32(at, true);
    for (; at < end; at++) seen |= (bytes[at] as number) << 24;
    return (seen & 0x8080_8080) === 0 || isUtf8(bytes.subarray(start, end));
  }
}
