import type { Entry } from '@kv/core';
import { readUtf8 } from '@kv/protocol';
import { failureOf } from './failure.js';
import {
  BYTES,
  type ByteEncodings,
  type LevelDatabase,
  type LevelIterator,
  type LevelRange,
} from './level-database.js';
import { prefixOf } from './place.js';
import { checkRecord, valueIn } from './record.js';

/** Entries of a table, in order: as they were when it was made, if the database has snapshots. */
export class TableCursor {
  readonly #iterator: LevelIterator;
  readonly #prefixBytes: number;

  constructor(db: LevelDatabase, table: string, range: Omit<LevelRange, keyof ByteEncodings>) {
    this.#prefixBytes = Buffer.byteLength(prefixOf(table));
    try {
      this.#iterator = db.iterator({ ...range, ...BYTES });
    } catch (error) {
      throw failureOf('read', error);
    }
  }

  /** The next entries, about `size` at the most; none at the end. */
  async next(size: number): Promise<Entry[]> {
    try {
      const some = await this.#iterator.nextv(size);
      return some.map(([key, record]) => this.#entry(key, checkRecord(key, record)));
    } catch (error) {
      throw failureOf('read', error);
    }
  }

  /** Lets go of what the database keeps for it. */
  async close(): Promise<void> {
    try {
      await this.#iterator.close();
    } catch (error) {
      throw failureOf('read', error);
    }
  }

  #entry(key: Buffer, record: Buffer): Entry {
    return [readUtf8(key, this.#prefixBytes, key.length), valueIn(record)];
  }
}
