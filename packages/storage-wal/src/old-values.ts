import { LaneReader, type SlabStorage, type Value } from '@kv/core';
import {
  ByteWriter,
  KvError,
  readUtf8,
  requiredValue,
  straightLineCodec,
  writeValueMessage,
} from '@kv/protocol';
import { BLOCK_HEADER_BYTES } from './format/block-header.js';
import { OLD_VALUE_HEADER_BYTES } from './format/record.js';
import type { Block } from './log/block.js';
import { BlockChanges } from './log/block-changes.js';
import { NO_LIMITS } from './memory.js';

/** More memory than this is not kept for the next block. */
const KEPT_BYTES = 4 * 1024 * 1024;

/** What a change does to a key. */
interface KeyChange {
  readonly table: string;
  readonly key: string;
  /** Reads the value that it sets; `undefined` if it deletes. */
  readonly value: () => Value | undefined;
}

/** Logs with the changes of a block what was there before each. */
export class OldValues {
  readonly #storage: SlabStorage;
  readonly #changes = new BlockChanges();
  readonly #reader = new LaneReader(NO_LIMITS);
  #out = new ByteWriter();

  /** @param storage which has all changes but those of the block, when that is committed. */
  constructor(storage: SlabStorage) {
    this.#storage = storage;
  }

  /** Appends them to a block to which nothing more is appended. If there is no room for them, it goes without. */
  append(block: Block): void {
    try {
      this.#collect(block);
      block.appendOldValues(this.#out.bytes, this.#out.length);
    } catch {
      // They are no reason to refuse a change.
    }
    if (this.#out.bytes.length > KEPT_BYTES) this.#out = new ByteWriter();
  }

  #collect(block: Block): void {
    const { view, out: written } = block;
    const bytes = written.bytes;
    const changes = this.#changes;
    /** Of each table, what earlier changes of the block have done to its keys. */
    const tables = new Map<string, Map<string, KeyChange>>();
    this.#out.length = 0;
    changes.open(view, BLOCK_HEADER_BYTES, written.length);
    while (changes.next() === 'change') {
      const change = this.#read(bytes, view, changes.start, changes.end);
      const { table, key } = change;
      let keys = tables.get(table);
      if (keys === undefined) {
        keys = new Map();
        tables.set(table, keys);
      }
      const before = keys.get(key);
      this.#put(before === undefined ? this.#storage.get(table, key) : before.value());
      keys.set(key, change);
    }
  }

  #put(old: Value | undefined): void {
    const out = this.#out;
    out.reserve(OLD_VALUE_HEADER_BYTES);
    const at = out.length;
    out.length += OLD_VALUE_HEADER_BYTES;
    if (old !== undefined) writeValueMessage(old, out);
    out.bytes.writeUInt32LE(out.length - at - OLD_VALUE_HEADER_BYTES, at);
  }

  #read(bytes: Buffer, view: DataView, start: number, end: number): KeyChange {
    const reader = this.#reader;
    const decode = () => straightLineCodec.decodeRequest(bytes, start, end).requestData;
    const value = (): Value | undefined => {
      const request = decode();
      return request.case === 'hset' ? requiredValue(request.value.pair?.value) : undefined;
    };
    if (reader.read(bytes, view, start, end)) {
      const table = readUtf8(bytes, reader.tableStart, reader.tableEnd);
      return { table, key: readUtf8(bytes, reader.keyStart, reader.keyEnd), value };
    }
    const request = decode();
    if (request.case === 'hset') {
      return { table: request.value.table, key: request.value.pair?.key ?? '', value };
    }
    if (request.case === 'hdel') return { ...request.value, value };
    throw new KvError('STORAGE_FAILURE', 'The log has a change that changes nothing');
  }
}
