import type { ByteWriter } from '@kv/protocol';
import { ByteWindow } from './byte-window.js';
import { putVarint, varintBytes } from './put-varint.js';
import type { Records } from './records.js';

// The tags of the fields of a response, and of those of what it carries.
const STATUS = 0x08;
const VALUE = 0x1a;
const BOOL = 0x28;
const PAIR = 0x22;
const PAIR_KEY = 0x0a;
const PAIR_VALUE = 0x12;

/** What a tag and a length take at the most. */
const HEADER_BYTES = 6;
/** What may be written behind a message: {@link Records.copyValue}. */
export const SLACK_BYTES = 3;

/** Appends what responses are made of: the fields of a `CommandResponse`, in their order. */
export class ResponseWriter {
  readonly #records: Records;
  readonly #target = new ByteWindow();

  constructor(records: Records) {
    this.#records = records;
  }

  /** The status 200. */
  ok(out: ByteWriter): void {
    out.reserve(3);
    out.bytes[out.length++] = STATUS;
    out.bytes[out.length++] = 0xc8;
    out.bytes[out.length++] = 0x01;
  }

  /** A value: that of the record at an address, or an empty one if that is 0. */
  value(address: number, out: ByteWriter): void {
    const length = address === 0 ? 0 : this.#records.valueBytes(address);
    out.reserve(HEADER_BYTES + length + SLACK_BYTES);
    out.bytes[out.length++] = VALUE;
    out.length = putVarint(out.bytes, out.length, length);
    if (address === 0) return;
    this.#target.look(out.bytes);
    this.#records.copyValue(address, this.#records.keyBytes(address), this.#target, out.length);
    out.length += length;
  }

  /** A boolean value. */
  bool(is: boolean, out: ByteWriter): void {
    out.reserve(4);
    out.bytes[out.length++] = VALUE;
    out.bytes[out.length++] = 2;
    out.bytes[out.length++] = BOOL;
    out.bytes[out.length++] = is ? 1 : 0;
  }

  /** What {@link pair} appends of the record at an address, in bytes. */
  pairBytes(address: number): number {
    const length = pairLength(this.#records.keyBytes(address), this.#records.valueBytes(address));
    return 1 + varintBytes(length) + length;
  }

  /** The key and the value of the record at an address. There must be room, and {@link SLACK_BYTES} more. */
  pair(address: number, out: ByteWriter): void {
    const records = this.#records;
    const { bytes } = out;
    const target = this.#target;
    target.look(bytes);
    const keyBytes = records.keyBytes(address);
    const valueBytes = records.valueBytes(address);
    let at = out.length;
    bytes[at++] = PAIR;
    at = putVarint(bytes, at, pairLength(keyBytes, valueBytes));
    bytes[at++] = PAIR_KEY;
    at = putVarint(bytes, at, keyBytes);
    records.copyKey(address, keyBytes, target, at);
    at += keyBytes;
    bytes[at++] = PAIR_VALUE;
    at = putVarint(bytes, at, valueBytes);
    records.copyValue(address, keyBytes, target, at);
    out.length = at + valueBytes;
  }
}

/** What stands behind the length of a pair, in bytes. */
function pairLength(keyBytes: number, valueBytes: number): number {
  return 2 + varintBytes(keyBytes) + keyBytes + varintBytes(valueBytes) + valueBytes;
}
