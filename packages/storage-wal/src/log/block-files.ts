import { KvError } from '@kv/protocol';
import type { File } from '../file-system/file-system.js';
import { BLOCK_HEADER_BYTES } from '../format/block-header.js';
import type { Unreadable } from '../format/layout.js';
import type { Manifest } from '../format/manifest.js';
import { walkRecords } from '../format/record.js';
import type { SegmentHeader } from '../format/segment-header.js';
import type { LogDirectory } from './log-directory.js';
import type { BlockReplay } from './replay.js';
import { SegmentReader } from './segment-reader.js';
import { SourceFile } from './source-file.js';
import { failureOf, isMissing, type Problem, unreadableError } from './unreadable.js';

/**
 * For what a log is read: to be opened, for which it must be readable, and counts up to the first problem; to be checked,
 * which tells what opening finds, and passes over what cannot be read; or to save what there is.
 */
export type ReadMode = 'open' | 'check' | 'salvage';

/** Reads files of blocks, one after the other, and collects what is the matter with them. */
export class BlockFiles {
  readonly reader: SegmentReader;
  /** What is not as it was written, in order. */
  readonly problems: Problem[] = [];
  /** The first of the problems that cannot come from a process that ended in the midst of something. */
  damage: Problem | undefined;
  /** How many changes were replayed. */
  replayed = 0;
  /** The path of the file that is being read. */
  path = '';
  /** Where in it the last block ends that counts. */
  end = 0;
  /** How many blocks in it count. */
  blocks = 0;
  /** How many changes are in them. */
  changes = 0;
  /** How many bytes stand behind them that do not count, up to where there are only zeros. */
  lostBytes = 0;
  readonly #directory: LogDirectory;
  readonly #storeId: Uint8Array;
  readonly #replay: BlockReplay;
  readonly #mode: ReadMode;

  constructor(directory: LogDirectory, { storeId }: Manifest, replay: BlockReplay, mode: ReadMode) {
    this.#directory = directory;
    this.#storeId = storeId;
    this.reader = new SegmentReader(storeId);
    this.#replay = replay;
    this.#mode = mode;
  }

  /**
   * Opens a file, and has its blocks read.
   *
   * @returns what that answers; `undefined` if the file is missing.
   */
  async read<T>(
    name: string,
    number: number,
    kind: 'segment' | 'snapshot',
    readBlocks: () => Promise<T>,
  ): Promise<T | undefined> {
    this.path = this.#directory.file(name);
    this.blocks = 0;
    this.changes = 0;
    const file = await this.#open();
    if (file === undefined) return undefined;
    try {
      await this.#readHeader(file, number, kind);
      this.end = this.reader.position;
      return await readBlocks();
    } finally {
      await file.close();
    }
  }

  /**
   * Goes from block to block, and passes over what is none.
   *
   * @param take is called when {@link reader} stands at a block.
   * @param pass is called with each place at which there is none.
   */
  async walk(take: () => void, pass: (offset: number, reason: string) => void): Promise<void> {
    const { reader } = this;
    let isClean = true;
    for (;;) {
      const step = reader.look() ?? (await reader.lookFurther());
      if (step === 'end') break;
      if (step === 'block') {
        take();
        reader.advance();
        const waiting = this.#replay.endBlock?.();
        if (waiting !== undefined) await waiting;
      } else {
        isClean = false;
        pass(reader.position, reader.reason);
        if (!(await reader.search())) break;
      }
    }
    const isLost = !isClean || this.problems.length > 0;
    this.lostBytes = isLost ? (await reader.window.contentEnd(this.end)) - this.end : 0;
  }

  /**
   * Replays the block at which {@link reader} stands.
   *
   * @param skip how many of its changes to leave out at first.
   * @param flags which it may have.
   */
  replayBlock(skip: number, flags: number): void {
    const { block, position } = this.reader;
    if ((block.flags & ~flags) !== 0) {
      const reason = `a block has flags ${block.flags}`;
      throw unreadableError(this.path, position, { foreign: true, reason });
    }
    if (this.#mode !== 'salvage' && this.problems.length > 0) return;
    const changes = this.#walkRecords(skip);
    if (typeof changes !== 'number') this.#unreadable(position, changes);
    else if (changes !== block.changes) {
      this.damaged(position, `a block has ${changes} changes, and says ${block.changes}`);
    }
    this.blocks++;
    this.changes += block.changes;
    this.replayed += Math.max(0, block.changes - skip);
    this.end = position + block.bytes;
  }

  /** Notes it if a segment that does not count has something in it. */
  async checkEmpty(name: string, file: File): Promise<void> {
    this.path = this.#directory.file(name);
    const header = await this.reader.open(this.#sourceOf(file));
    // A repair that came to no end may have left it.
    if ('storeId' in header && !this.#isOwn(header)) return;
    const { position, window } = this.reader;
    if ((await window.contentEnd(position)) === position) return;
    this.damaged(position, 'the manifest is older than this segment');
  }

  /** Notes a place that is not as it was written, and was durable. */
  damaged(offset: number, reason: string): void {
    const problem = { path: this.path, offset, reason };
    this.problems.push(problem);
    this.damage ??= problem;
  }

  #walkRecords(skip: number): number | Unreadable {
    const { window, block, at, position } = this.reader;
    const start = at + BLOCK_HEADER_BYTES;
    const end = start + block.payloadBytes;
    try {
      return walkRecords(window.bytes, window.view, start, end, skip, this.#replay);
    } catch (cause) {
      const where = `in the block at byte ${position} of ${this.path}`;
      throw new KvError('STORAGE_FAILURE', `A change ${where} cannot be replayed`, { cause });
    }
  }

  async #open(): Promise<SourceFile | undefined> {
    try {
      const file = await this.#directory.fileSystem.open(this.path, { readOnly: true });
      return this.#sourceOf(file);
    } catch (error) {
      if (!isMissing(error)) throw error;
      this.damaged(0, 'it is missing');
      return undefined;
    }
  }

  #sourceOf(file: File): SourceFile {
    const { path } = this;
    if (this.#mode === 'open') return new SourceFile(file, path, undefined);
    return new SourceFile(file, path, (offset, cause) => this.#cannotRead(offset, cause));
  }

  #cannotRead(offset: number, cause: unknown): void {
    const isThere = ({ path, offset: at }: Problem) => path === this.path && at === offset;
    // It may be tried more than once.
    if (!this.problems.some(isThere))
      this.damaged(offset, failureOf('it cannot be read', cause).message);
  }

  async #readHeader(file: SourceFile, number: number, kind: 'segment' | 'snapshot'): Promise<void> {
    const header = await this.reader.open(file);
    if ('reason' in header) {
      this.#unreadable(0, header);
      // Its blocks may be whole.
      this.reader.expect(number, undefined);
      return;
    }
    const reason = this.#mismatch(header, number, kind);
    if (reason !== undefined) this.damaged(0, reason);
    else if (header.hashSeed !== undefined) this.#replay.beginSnapshot?.(header.hashSeed);
    this.reader.expect(number, header.epoch);
  }

  /** Why a file is not the one that it should be. */
  #mismatch(header: SegmentHeader, number: number, kind: string): string | undefined {
    if (!this.#isOwn(header)) return 'it belongs to another store';
    const itsKind = header.hashSeed === undefined ? 'segment' : 'snapshot';
    if (itsKind !== kind) return `it is a ${itsKind}`;
    return header.number === number ? undefined : `it is ${kind} ${header.number}`;
  }

  #isOwn({ storeId }: SegmentHeader): boolean {
    return storeId.every((byte, i) => byte === this.#storeId[i]);
  }

  #unreadable(offset: number, what: Unreadable): void {
    if (what.foreign) throw unreadableError(this.path, offset, what);
    this.damaged(offset, what.reason);
  }
}
