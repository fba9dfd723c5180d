import { KvError } from '@kv/protocol';
import type { ByteWindow } from './byte-window.js';

// Entries of one table as bytes: a header, the table's name, and the entries. Numbers are u32, little-endian; a name,
// a key and a value each begin at a multiple of 4 from the beginning of the list, with zeros before. This stands in
// files: whoever changes it makes a new version of these.

/** The bytes of the table's name. */
const NAME_BYTES = 0;
/** About how many entries the table has, in this list and in others. */
const TABLE_ENTRIES = 4;
const HEADER_BYTES = 8;

/** What stands before a key: its bytes, and those of the value's message. */
const ENTRY_HEADER_BYTES = 8;

/** What may be written behind an entry: `Records.copyValue`. */
const SLACK_BYTES = 3;

const aligned = (bytes: number): number => (bytes + 3) & ~3;

/** Puts a list of entries together, in memory that is used again for the next. */
export class EntryListWriter {
  readonly window: ByteWindow;
  /** How many bytes there are. */
  length = 0;
  /** How many entries there are. */
  count = 0;

  constructor(window: ByteWindow) {
    this.window = window;
  }

  /** Begins a list. */
  begin(name: Buffer, tableEntries: number): void {
    this.length = 0;
    this.count = 0;
    this.#reserve(HEADER_BYTES + aligned(name.length));
    const { bytes, view } = this.window;
    view.setUint32(NAME_BYTES, name.length, true);
    view.setUint32(TABLE_ENTRIES, tableEntries, true);
    bytes.set(name, HEADER_BYTES);
    this.#end(HEADER_BYTES + name.length);
  }

  /** Makes room for an entry; answers where its key goes. The value's message goes to {@link valueAt}. */
  add(keyBytes: number, valueBytes: number): number {
    const at = this.length;
    const key = at + ENTRY_HEADER_BYTES;
    const end = this.valueAt(key, keyBytes) + valueBytes;
    this.#reserve(aligned(end) + SLACK_BYTES);
    const { view } = this.window;
    view.setUint32(at, keyBytes, true);
    view.setUint32(at + 4, valueBytes, true);
    this.count++;
    this.length = end;
    return key;
  }

  valueAt(key: number, keyBytes: number): number {
    return key + aligned(keyBytes);
  }

  /** To be called when the key and the value are in their places. */
  added(key: number, keyBytes: number): void {
    this.window.bytes.fill(0, key + keyBytes, this.valueAt(key, keyBytes));
    this.#end(this.length);
  }

  #end(end: number): void {
    this.length = aligned(end);
    this.window.bytes.fill(0, end, this.length);
  }

  #reserve(length: number): void {
    const { bytes } = this.window;
    if (length <= bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(length, bytes.length * 2));
    larger.set(bytes.subarray(0, this.length));
    this.window.look(larger);
  }
}

/** Goes through a list of entries. */
export class EntryListReader {
  name = '';
  /** About how many entries the table has. */
  tableEntries = 0;
  keyStart = 0;
  keyEnd = 0;
  valueStart = 0;
  valueEnd = 0;
  #view: DataView = new DataView(new ArrayBuffer(0));
  #start = 0;
  #end = 0;
  #at = 0;

  /**
   * Turns to the list from `start` to `end`.
   *
   * @throws {KvError} `STORAGE_FAILURE` if it is none; so does {@link next}.
   */
  open(bytes: Buffer, view: DataView, start: number, end: number): void {
    if (end - start < HEADER_BYTES) throw cutOff();
    const nameStart = start + HEADER_BYTES;
    const nameEnd = nameStart + view.getUint32(start + NAME_BYTES, true);
    if (nameEnd > end) throw cutOff();
    this.name = bytes.toString('utf8', nameStart, nameEnd);
    this.tableEntries = view.getUint32(start + TABLE_ENTRIES, true);
    this.#view = view;
    this.#start = start;
    this.#end = end;
    this.#at = this.#aligned(nameEnd);
  }

  /** Turns to the next entry. Answers whether there is one. */
  next(): boolean {
    const at = this.#at;
    const end = this.#end;
    if (at === end) return false;
    const keyStart = at + ENTRY_HEADER_BYTES;
    if (keyStart > end) throw cutOff();
    this.keyStart = keyStart;
    this.keyEnd = keyStart + this.#view.getUint32(at, true);
    this.valueStart = this.#aligned(this.keyEnd);
    this.valueEnd = this.valueStart + this.#view.getUint32(at + 4, true);
    this.#at = this.#aligned(this.valueEnd);
    if (this.#at > end) throw cutOff();
    return true;
  }

  /** Not by bits: lengths that mean nothing may add up to more than 32 of them. */
  #aligned(at: number): number {
    const over = (at - this.#start) % 4;
    return over === 0 ? at : at + 4 - over;
  }
}

function cutOff(): KvError {
  return new KvError('STORAGE_FAILURE', 'A list of entries is cut off');
}
