import { KvError } from '@kv/protocol';
import { failureOf } from './failure.js';
import {
  BYTES,
  type ByteEncodings,
  type LevelDatabase,
  TEXT_VALUE,
  type TextValue,
} from './level-database.js';
import {
  borrowKey,
  checkRecord,
  checkTextRecord,
  type DatabaseRecord,
  isTextRecord,
} from './record.js';
import type { ReadRecord } from './view.js';

/** What came of the attempt to read an entry. */
type Fetched = Buffer | null | undefined | KvError;

/** Reads records from a database, and makes sure that they are what was stored. */
export class RecordReader {
  /** Whether the database reads at once, without a promise. */
  readonly immediate: boolean;
  readonly #db: LevelDatabase;
  /** Whether what was read last was a text, as what is read next is then likely to be. */
  #expectsText = false;

  constructor(db: LevelDatabase) {
    this.#db = db;
    this.immediate = db.supports.getSync === true && db.getSync !== undefined;
  }

  /**
   * Reads one, if the database is {@link immediate}.
   *
   * @throws {KvError} `STORAGE_FAILURE`
   */
  readNow(place: string): DatabaseRecord | undefined {
    const key = borrowKey(place);
    if (this.#expectsText) {
      const record = this.#readNow(key, TEXT_VALUE);
      if (record === undefined) return undefined;
      if (typeof record === 'string' && isTextRecord(record)) return checkTextRecord(key, record);
    }
    const record = this.#readNow(key, BYTES) as Buffer | undefined;
    if (record === undefined) return undefined;
    this.#expectsText = isTextRecord(record);
    return checkRecord(key, record);
  }

  /** Reads several. What fails of one of them is thrown to whoever then asks for that one. */
  async read(places: readonly string[]): Promise<ReadRecord> {
    const fetched = await this.#fetch(places);
    const found = new Map(places.map((place, i) => [place, fetched[i]]));
    return (place) => checked(place, found.get(place));
  }

  #readNow(key: Buffer, as: ByteEncodings | TextValue): DatabaseRecord | undefined {
    try {
      return this.#db.getSync?.(key, as);
    } catch (error) {
      throw failureOf('read', error);
    }
  }

  async #fetch(places: readonly string[]): Promise<Fetched[]> {
    try {
      const keys = places.map((place) => Buffer.from(place));
      return await this.#db.getMany(keys, BYTES);
    } catch (error) {
      if (places.length === 1) return [failureOf('read', error)];
      // One by one, so that only those fail that have to.
      return (await Promise.all(places.map((place) => this.#fetch([place])))).flat();
    }
  }
}

function checked(place: string, fetched: Fetched): Buffer | undefined {
  if (fetched instanceof KvError) throw fetched;
  if (fetched === null) throw failureOf('read', new Error('The database gave null for an entry'));
  return fetched === undefined ? undefined : checkRecord(borrowKey(place), fetched);
}
