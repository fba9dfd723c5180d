import { type ByteWriter, KvError, readUtf8 } from '@kv/protocol';
import type { BatchRequest, LaneRequest, StorageLane, TableRequest } from '../storage-lane.js';
import { ByteWindow } from './byte-window.js';
import { putVarint } from './put-varint.js';
import { MAX_KEY_BYTES } from './records.js';
import { ResponseWriter, SLACK_BYTES } from './response-writer.js';
import { SlabBatch } from './slab-batch.js';
import { SlabListing } from './slab-listing.js';
import type { SlabStore } from './slab-store.js';
import type { SlabTable } from './slab-table.js';

/** What a response with a value begins with: field 1, the status 200; then the tag of field 3. */
const OK_WITH_VALUE = 0x1a01_c808;
const BOOL_TAG = 0x28;

const NOT_FOUND = Buffer.from('\x08\x94\x03\x12', 'latin1');
const NOT_FOUND_TABLE = Buffer.from('Not found for table: ');
const NOT_FOUND_KEY = Buffer.from(', key: ');

/** What stands before a value's message at the most: status, tag and length. */
const HEADER_BYTES = 9;

/** The lane of a {@link SlabStore}: its values are already what a response carries. */
export class SlabLane implements StorageLane {
  readonly #store: SlabStore;
  readonly #request = new ByteWindow();
  readonly #out = new ByteWindow();
  readonly #response: ResponseWriter;
  readonly #batch: SlabBatch;
  readonly #listing: SlabListing;
  /** What {@link prefetch} has read last, which means nothing. */
  protected fetched = 0;
  /** The table that was asked for last: mostly the next one, too. */
  #last: SlabTable | undefined;

  constructor(store: SlabStore) {
    this.#store = store;
    const response = new ResponseWriter(store.records);
    this.#response = response;
    this.#batch = new SlabBatch(store, response);
    this.#listing = new SlabListing(response);
  }

  execute(request: LaneRequest, out: ByteWriter): number {
    const { length } = out;
    try {
      return this.#execute(request, out);
    } catch (error) {
      return failed(error, out, length);
    }
  }

  executeBatch(request: BatchRequest, out: ByteWriter): number {
    const { length } = out;
    try {
      return this.#executeBatch(request, out);
    } catch (error) {
      return failed(error, out, length);
    }
  }

  executeTable(request: TableRequest, out: ByteWriter, maxBytes: number): number {
    const { length } = out;
    try {
      return this.#appendTable(request, out, length + maxBytes) ? 200 : nothing(out, length);
    } catch (error) {
      return failed(error, out, length);
    }
  }

  prefetch(requests: readonly LaneRequest[], count: number): void {
    if (this.#store.closed) return;
    const { hash, records } = this.#store;
    const table = this.#last;
    // What is read is kept, or nobody would read it.
    let fetched = 0;
    for (let i = 0; i < count; i++) {
      const request = requests[i] as LaneRequest;
      request.hash = hash.hash(request.view, request.keyStart, request.keyEnd);
      if (table !== undefined) fetched ^= table.index.first(request.hash);
    }
    if (table === undefined) return;
    for (let i = 0; i < count; i++) {
      const address = table.index.first((requests[i] as LaneRequest).hash);
      if (address !== 0) fetched ^= records.fetch(address);
    }
    this.fetched = fetched;
  }

  #execute(request: LaneRequest, out: ByteWriter): number {
    const { bytes, view, keyStart, keyEnd } = request;
    if (this.#store.closed || keyEnd - keyStart > MAX_KEY_BYTES) return 0;
    const window = this.#request;
    window.share(bytes, view);
    const table = this.#table(request);
    const hash = request.hash || this.#store.hash.hash(view, keyStart, keyEnd);
    const address = table === undefined ? 0 : table.find(hash, window, keyStart, keyEnd);
    switch (request.command) {
      case 'hget':
        if (address === 0) {
          appendNotFound(request, out);
          return 404;
        }
        this.#appendValue(address, keyEnd - keyStart, out);
        this.#store.touch(address);
        return 200;
      case 'hexist':
        this.#appendHeader(2, out);
        out.bytes[out.length++] = BOOL_TAG;
        out.bytes[out.length++] = address === 0 ? 0 : 1;
        return 200;
      case 'hset':
        return this.#set(request, table, hash, address, out);
      case 'hdel':
        this.#appendOld(address, keyEnd - keyStart, out);
        if (table !== undefined && address !== 0) this.#store.remove(table, hash, address);
        return 200;
    }
  }

  #executeBatch(request: BatchRequest, out: ByteWriter): number {
    if (this.#store.closed) return 0;
    const source = this.#request;
    source.share(request.bytes, request.view);
    const table = this.#table(request);
    this.#response.ok(out);
    if (request.command === 'hmget' || request.command === 'hmexist') {
      this.#batch.read(request, table, source, out);
    } else {
      const its = table ?? this.#store.tableFor(tableName(request));
      this.#batch.write(request, its, source, out);
    }
    return 200;
  }

  /** Answers whether it was not too much. */
  #appendTable(request: TableRequest, out: ByteWriter, end: number): boolean {
    if (this.#store.closed) return false;
    const table = this.#table(request);
    this.#response.ok(out);
    return table === undefined || this.#listing.append(table.index, out, end);
  }

  #set(
    request: LaneRequest,
    known: SlabTable | undefined,
    hash: number,
    address: number,
    out: ByteWriter,
  ): number {
    const { keyStart, keyEnd, valueStart, valueEnd } = request;
    this.#appendOld(address, keyEnd - keyStart, out);
    const table = known ?? this.#store.tableFor(tableName(request));
    const window = this.#request;
    this.#store.put(table, hash, address, window, keyStart, keyEnd, valueStart, valueEnd);
    return 200;
  }

  #table(request: TableRequest): SlabTable | undefined {
    const { bytes, tableStart, tableEnd } = request;
    const last = this.#last;
    if (last !== undefined && last.id !== 0 && last.isNamed(bytes, tableStart, tableEnd)) {
      return last;
    }
    const table = this.#store.tables.named(tableName(request));
    this.#last = table;
    return table;
  }

  /** Appends a response with the value at an address, or with an empty one if that is 0. */
  #appendOld(address: number, keyBytes: number, out: ByteWriter): void {
    if (address === 0) this.#appendHeader(0, out);
    else this.#appendValue(address, keyBytes, out);
  }

  #appendValue(address: number, keyBytes: number, out: ByteWriter): void {
    const { records } = this.#store;
    const length = records.valueBytes(address);
    this.#appendHeader(length, out);
    records.copyValue(address, keyBytes, this.#out, out.length);
    out.length += length;
  }

  /** Appends what stands before a value's message of so many bytes, for which it makes room. */
  #appendHeader(length: number, out: ByteWriter): void {
    out.reserve(HEADER_BYTES + length + SLACK_BYTES);
    const target = this.#out;
    target.look(out.bytes);
    target.view.setInt32(out.length, OK_WITH_VALUE, true);
    out.length = putVarint(out.bytes, out.length + 4, length);
  }
}

/**
 * Leaves a request to the long way, on which is told what was the matter: there was no memory, or too much of
 * an answer. Nothing has been done.
 */
function nothing(out: ByteWriter, length: number): 0 {
  out.length = length;
  return 0;
}

/** What fails is left to the storage's methods, which tell why; but for what should not fail: that is thrown. */
function failed(error: unknown, out: ByteWriter, length: number): 0 {
  if (!(error instanceof KvError)) throw error;
  return nothing(out, length);
}

function tableName({ bytes, tableStart, tableEnd }: TableRequest): string {
  return readUtf8(
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    tableStart,
    tableEnd,
  );
}

function appendNotFound(request: LaneRequest, out: ByteWriter): void {
  const { bytes, tableStart, tableEnd, keyStart, keyEnd } = request;
  const length =
    NOT_FOUND_TABLE.length + (tableEnd - tableStart) + NOT_FOUND_KEY.length + (keyEnd - keyStart);
  out.reserve(HEADER_BYTES + length);
  append(NOT_FOUND, 0, NOT_FOUND.length, out);
  out.length = putVarint(out.bytes, out.length, length);
  append(NOT_FOUND_TABLE, 0, NOT_FOUND_TABLE.length, out);
  append(bytes, tableStart, tableEnd, out);
  append(NOT_FOUND_KEY, 0, NOT_FOUND_KEY.length, out);
  append(bytes, keyStart, keyEnd, out);
}

/** Appends bytes for which there is room. */
function append(bytes: Uint8Array, start: number, end: number, out: ByteWriter): void {
  const target = out.bytes;
  let to = out.length;
  for (let from = start; from < end; from++) target[to++] = bytes[from] as number;
  out.length = to;
}
