import { type FileHandle, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { checkOps, type StorageLane, type Value, type WriteOp } from '@kv/core';
import { decodeLine, encodeLine, type Line } from './json-line.js';
import { JsonLinesLane } from './json-lines-lane.js';
import { ModelStorage } from './model-storage.js';
import { SerialStorage } from './serial-storage.js';

/** As much is written at one time, so that a large write takes long enough to be interrupted. */
const PIECE = 32 * 1024;

/** A file that is opened with more bytes than these is written anew. */
const LONG = 16 * 1024 * 1024;

/** The least that outlives its process: all of it in memory, and a file to which each write adds a line. */
export class JsonLinesStorage extends SerialStorage {
  override readonly capabilities = {
    persistent: true,
    ordered: true,
    snapshotIteration: false,
    lane: true,
    feed: false,
  } as const;
  readonly lane: StorageLane;
  readonly path: string;
  protected readonly data: ModelStorage;
  protected file: FileHandle;

  /** @param file what {@link openFile} opens at `path`. */
  constructor(path: string, file: FileHandle, data: ModelStorage = new ModelStorage()) {
    super(data);
    this.path = path;
    this.data = data;
    this.file = file;
    this.lane = new JsonLinesLane(data.lane, (line, carryOut) => this.defer(line, carryOut));
  }

  static async open(directory: string): Promise<JsonLinesStorage> {
    const path = join(directory, 'data.jsonl');
    const storage = new this(path, await openFile(path));
    await storage.recover();
    return storage;
  }

  override async set(table: string, key: string, value: Value): Promise<Value | undefined> {
    return (await this.write(table, [{ op: 'set', key, value }]))[0];
  }

  override async del(table: string, key: string): Promise<Value | undefined> {
    return (await this.write(table, [{ op: 'delete', key }]))[0];
  }

  override write(table: string, ops: readonly WriteOp[]): Promise<(Value | undefined)[]> {
    const own = ops.map(ownOp);
    return this.queue(() => this.commit({ table, ops: own }));
  }

  /** Puts a file in place of this one that has what is there now, and not how it came about. */
  snapshot(): Promise<{ bytes: number }> {
    return this.queue(async () => {
      await this.rewrite();
      return { bytes: (await this.file.stat()).size };
    });
  }

  override async close(): Promise<void> {
    await super.close();
    await this.file.close();
  }

  protected async commit({ table, ops }: Line): Promise<(Value | undefined)[]> {
    checkOps(ops);
    await this.append({ table, ops });
    return this.data.write(table, ops);
  }

  protected defer(line: Line | undefined, carryOut: () => void): Promise<void> | undefined {
    if (this.closing) return undefined;
    return this.queue(async () => {
      if (line !== undefined) await this.append(line);
      carryOut();
    });
  }

  protected append(line: Line): Promise<void> {
    return append(this.file, encodeLine(line));
  }

  protected async recover(): Promise<void> {
    const text = await this.file.readFile('utf8');
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    await this.file.truncate(Buffer.byteLength(whole));
    this.replay(whole.split('\n').slice(0, -1));
    if (whole.length > LONG) await this.rewrite();
  }

  protected replay(lines: readonly string[]): void {
    for (const { table, ops } of lines.map(decodeLine)) this.data.write(table, ops);
  }

  protected async rewrite(): Promise<void> {
    const next = await openFile(`${this.path}.next`);
    await next.truncate();
    await append(next, this.lines());
    await rename(`${this.path}.next`, this.path);
    await this.file.close();
    this.file = next;
  }

  /** The lines that make what is there. */
  protected lines(): string {
    const lines = this.data.names().map((table) => {
      const entries = this.data.getAll(table);
      return encodeLine({ table, ops: entries.map(([key, value]) => ({ op: 'set', key, value })) });
    });
    return lines.join('');
  }
}

/** An op whose value is nobody else's, to the last bit: a structured clone of a NaN may be another. */
function ownOp(op: WriteOp): WriteOp {
  if (op.op !== 'set' || !(op.value instanceof Uint8Array)) return { ...op };
  return { ...op, value: Uint8Array.from(op.value) };
}

/** Opens a file that is read from its beginning, and written to at its end. */
export function openFile(path: string): Promise<FileHandle> {
  return open(path, 'a+');
}

/** Writes at the end of a file, piece by piece. */
export async function append(file: FileHandle, text: string): Promise<void> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += PIECE) {
    await file.appendFile(bytes.subarray(at, at + PIECE));
  }
}
