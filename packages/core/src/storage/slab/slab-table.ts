import type { ByteWindow } from './byte-window.js';
import type { Records } from './records.js';
import type { Segments } from './segments.js';
import { TableIndex } from './table-index.js';

/** What the objects take, about, of which a table is made: all but its name, its records and the slots of its index. */
const OBJECTS_BYTES = 1024;

/** A table: its name, and an index of its records, which stand among those of all others. */
export class SlabTable {
  readonly name: string;
  readonly nameBytes: Buffer;
  readonly index: TableIndex;
  /** By what its records know it; 0 while it is none of the store's tables. */
  id = 0;
  readonly #records: Records;

  constructor(name: string, segments: Segments, records: Records) {
    this.name = name;
    this.nameBytes = Buffer.from(name);
    this.index = new TableIndex(segments);
    this.#records = records;
  }

  /** What it takes, about, besides its records and the slots of its index. */
  get bytes(): number {
    // The name is kept as text and as bytes.
    return OBJECTS_BYTES + 2 * this.nameBytes.length;
  }

  /** The bytes by which tables and indexes grow if a record with such a hash is added. */
  growth(hash: number): number {
    return this.index.growth(hash) + this.#bytesToCome();
  }

  /** The most bytes by which tables and indexes grow if records with such hashes are added. */
  growthForAll(hashes: readonly number[]): number {
    return this.index.growthForAll(hashes) + this.#bytesToCome();
  }

  /** The address of a key's record; 0 if there is none. */
  find(hash: number, key: ByteWindow, start: number, end: number): number {
    const segment = this.index.segment(hash);
    const { slots } = segment;
    let at = segment.home(hash);
    for (;;) {
      const address = slots[at + 1] as number;
      if (address === 0) return 0;
      if (slots[at] === hash && this.#records.hasKey(address, key, start, end)) return address;
      at = segment.after(at);
    }
  }

  /** Whether its name is what stands in `bytes`. */
  isNamed(bytes: Uint8Array, start: number, end: number): boolean {
    const { nameBytes } = this;
    if (nameBytes.length !== end - start) return false;
    for (let i = 0; i < nameBytes.length; i++) {
      if (nameBytes[i] !== bytes[start + i]) return false;
    }
    return true;
  }

  #bytesToCome(): number {
    return this.id === 0 ? this.bytes : 0;
  }
}
