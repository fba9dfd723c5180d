/** How keys and values are told to be bytes, both ways. */
export interface ByteEncodings {
  readonly keyEncoding: 'buffer';
  readonly valueEncoding: 'buffer';
}

/** How the key of a change is told to be text. */
export interface TextKey {
  readonly keyEncoding: 'utf8';
  readonly valueEncoding: 'buffer';
}

/** How the value that is read is told to be text. */
export interface TextValue {
  readonly keyEncoding: 'buffer';
  readonly valueEncoding: 'utf8';
}

/** How all is read but what is likely to be text. */
export const BYTES: ByteEncodings = { keyEncoding: 'buffer', valueEncoding: 'buffer' };

/** How an entry is read that is likely to be text, which is quicker. */
export const TEXT_VALUE: TextValue = { keyEncoding: 'buffer', valueEncoding: 'utf8' };

/**
 * How changes are written, which is quicker. Nothing is read so: with a key as text, `getSync` of classic-level 3.0.0 now
 * and then cuts the key off before a character that is not ASCII, and answers the value of another.
 */
export const TEXT_KEY: TextKey = { keyEncoding: 'utf8', valueEncoding: 'buffer' };

/** How a single change is written. */
export interface WriteOptions extends TextKey {
  readonly sync: boolean;
}

/** Which entries are asked for, and in which order. */
export interface LevelRange extends ByteEncodings {
  readonly gt?: Buffer;
  readonly gte?: Buffer;
  readonly lt?: Buffer;
  readonly lte?: Buffer;
  readonly reverse?: boolean;
  readonly limit?: number;
}

/** A cursor over entries, which shows them as they were when it was made if the database has snapshots. */
export interface LevelIterator {
  /** The next entries, `size` at the most; none at the end. */
  nextv(size: number): Promise<[key: Buffer, value: Buffer][]>;
  /** Lets go of what the database keeps for it. */
  close(): Promise<void>;
}

/** Changes that take effect together. */
export interface LevelBatch {
  /** Adds that a value is stored. */
  put(key: string, value: Buffer, options: TextKey): unknown;
  /** Adds that an entry is deleted. */
  del(key: string, options: TextKey): unknown;
  /** Has them take effect; on the disk, if they are to be synced. */
  write(options: { readonly sync: boolean }): Promise<void>;
}

/**
 * What a `LevelStorage` uses of an [abstract-level](https://github.com/Level/abstract-level) database: any
 * since version 1 has it.
 */
export interface LevelDatabase {
  /** What the database can do; see abstract-level. */
  readonly supports: {
    readonly getSync?: boolean;
    readonly implicitSnapshots?: boolean;
    readonly snapshots?: boolean;
    readonly permanence?: boolean;
  };
  /** Throws if the database does not keep keys as bytes. */
  keyEncoding(name: 'buffer'): unknown;
  /** Throws if the database does not keep values as bytes. */
  valueEncoding(name: 'buffer'): unknown;
  /** Opens it, if it is not open. */
  open(): Promise<void>;
  /** Closes it, and its iterators. */
  close(): Promise<void>;
  /** The value of a key, at once. */
  getSync?(key: Buffer, options: ByteEncodings | TextValue): Buffer | string | undefined;
  /** The values of keys. Some bindings answer `null` for what they have failed to read. */
  getMany(keys: Buffer[], options: ByteEncodings): Promise<(Buffer | null | undefined)[]>;
  /** Stores a value; on the disk, if it is to be synced. */
  put(key: string, value: Buffer, options: WriteOptions): Promise<void>;
  /** Deletes an entry, as {@link put} stores one. */
  del(key: string, options: WriteOptions): Promise<void>;
  /** Begins a batch. */
  batch(): LevelBatch;
  /** Begins to read entries. */
  iterator(range: LevelRange): LevelIterator;
}
