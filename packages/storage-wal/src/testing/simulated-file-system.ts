import type { File, FileSystem, OpenOptions } from '../file-system/file-system.js';

/** What a disk writes as a whole, or not at all, in bytes. */
const SECTOR_BYTES = 512;

/** A call of the file system. */
export interface Call {
  /** How many calls were made before. */
  readonly index: number;
  readonly operation: keyof FileSystem | keyof File;
  readonly path: string;
  /** Of reading and writing: from where to where. */
  readonly start: number;
  readonly end: number;
}

/** What was done to a file, and is not durable. */
type Change =
  | { readonly kind: 'write'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'truncate'; readonly length: number };

/** A file, whatever its name. */
class Inode {
  content: Buffer = Buffer.alloc(0);
  durable: Buffer = Buffer.alloc(0);
  pending: Change[] = [];

  apply(change: Change): void {
    this.content = applied(this.content, change);
    this.pending.push(change);
  }

  sync(): void {
    for (const change of this.pending) this.durable = applied(this.durable, change);
    this.pending = [];
  }

  /** As it may be found after a crash: what was not durable is there sector by sector, or not. */
  afterCrash(random: () => number): Inode {
    let content = this.durable;
    for (const change of this.pending) {
      const pieces = change.kind === 'truncate' ? [change] : sectorsOf(change);
      for (const piece of pieces) if (random() < 0.5) content = applied(content, piece);
    }
    return Inode.of(content);
  }

  static of(content: Uint8Array): Inode {
    const inode = new Inode();
    inode.content = Buffer.from(content);
    inode.durable = inode.content;
    return inode;
  }
}

/** What was done to a directory, and is not durable: names that a file has now, or has no more. */
interface Naming {
  readonly given?: string;
  readonly taken?: string;
  readonly inode: Inode;
}

/**
 * A file system in memory that may crash, and forgets then what was not synced: any of it, in sectors, and any of the
 * names that files were given. Its calls may be made to fail.
 */
export class SimulatedFileSystem implements FileSystem {
  /** Told of each call before it is carried out; may throw, and then it fails. */
  onCall: (call: Call) => void = () => {};
  /** Asked before data are made durable, or written off the event loop; what it answers is waited for. */
  delay: (operation: 'datasync' | 'write', path: string) => Promise<void> | undefined = () =>
    undefined;
  /** Calls that were made. */
  calls = 0;
  /** How many files are open. */
  openFiles = 0;
  #names = new Map<string, Inode>();
  #durableNames = new Map<string, Inode>();
  #pending: Naming[] = [];

  async open(path: string, options: OpenOptions = {}): Promise<File> {
    this.#call('open', path);
    let inode = this.#names.get(path);
    if (options.create) {
      if (inode === undefined) {
        inode = new Inode();
        this.#rename({ given: path, inode });
      } else {
        inode.apply({ kind: 'truncate', length: 0 });
      }
    }
    if (inode === undefined) throw failure('ENOENT', path);
    this.openFiles++;
    return new SimulatedFile(this, path, inode, options);
  }

  async list(directory: string): Promise<string[]> {
    this.#call('list', directory);
    return this.files(directory);
  }

  async rename(from: string, to: string): Promise<void> {
    this.#call('rename', from);
    const inode = this.#names.get(from);
    if (inode === undefined) throw failure('ENOENT', from);
    this.#rename({ given: to, taken: from, inode });
  }

  async remove(path: string): Promise<void> {
    this.#call('remove', path);
    const inode = this.#names.get(path);
    if (inode === undefined) throw failure('ENOENT', path);
    this.#rename({ taken: path, inode });
  }

  async syncDirectory(path: string): Promise<void> {
    this.#call('syncDirectory', path);
    this.#durableNames = new Map(this.#names);
    this.#pending = [];
  }

  /** The names of all files. */
  files(directory: string): string[] {
    return [...this.#names.keys()]
      .filter((path) => path.startsWith(`${directory}/`))
      .map((path) => path.slice(directory.length + 1))
      .sort();
  }

  /** The bytes of a file, which are not copied. */
  content(path: string): Buffer {
    const inode = this.#names.get(path);
    if (inode === undefined) throw failure('ENOENT', path);
    return inode.content;
  }

  /** Puts bytes in the place of those of a file, or makes it. */
  put(path: string, content: Uint8Array): void {
    const inode = Inode.of(content);
    this.#names.set(path, inode);
    this.#durableNames.set(path, inode);
  }

  /** Deletes a file. */
  delete(path: string): void {
    this.#names.delete(path);
    this.#durableNames.delete(path);
  }

  /** As it is now, in a copy: as when a process is killed, after which the system still has all. */
  copy(): SimulatedFileSystem {
    const copy = new SimulatedFileSystem();
    for (const [path, { content }] of this.#names) copy.put(path, content);
    return copy;
  }

  /** As it may be found after a crash of the machine. */
  afterCrash(random: () => number): SimulatedFileSystem {
    const names = new Map(this.#durableNames);
    for (const { given, taken, inode } of this.#pending) {
      if (random() < 0.5) continue;
      if (taken !== undefined && names.get(taken) === inode) names.delete(taken);
      if (given !== undefined) names.set(given, inode);
    }
    const crashed = new SimulatedFileSystem();
    for (const [path, inode] of names) crashed.put(path, inode.afterCrash(random).content);
    return crashed;
  }

  /** For files. */
  called(operation: Call['operation'], path: string, start: number, end: number): void {
    this.onCall({ index: this.calls++, operation, path, start, end });
  }

  #call(operation: Call['operation'], path: string): void {
    this.called(operation, path, 0, 0);
  }

  #rename(naming: Naming): void {
    if (naming.taken !== undefined) this.#names.delete(naming.taken);
    if (naming.given !== undefined) this.#names.set(naming.given, naming.inode);
    this.#pending.push(naming);
  }
}

class SimulatedFile implements File {
  readonly #fileSystem: SimulatedFileSystem;
  readonly #path: string;
  readonly #inode: Inode;
  readonly #options: OpenOptions;
  #isOpen = true;

  constructor(fileSystem: SimulatedFileSystem, path: string, inode: Inode, options: OpenOptions) {
    this.#fileSystem = fileSystem;
    this.#path = path;
    this.#inode = inode;
    this.#options = options;
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    this.#call('read', position, position + into.length);
    const bytes = this.#inode.content.subarray(position, position + into.length);
    into.set(bytes);
    return bytes.length;
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    await this.#fileSystem.delay('write', this.#path);
    this.writeSync(bytes, position, 'write');
  }

  writeSync(
    bytes: Uint8Array,
    position: number,
    operation: 'write' | 'writeSync' = 'writeSync',
  ): void {
    if (this.#options.readOnly) throw failure('EBADF', this.#path);
    try {
      this.#call(operation, position, position + bytes.length);
    } catch (error) {
      // A part of it is written: the most of it, since that is the harder case.
      this.#write(bytes.subarray(0, bytes.length - (bytes.length >> 2)), position);
      throw error;
    }
    this.#write(bytes, position);
    if (this.#options.durable) this.#inode.sync();
  }

  async datasync(): Promise<void> {
    await this.#fileSystem.delay('datasync', this.#path);
    try {
      this.#call('datasync');
    } catch (error) {
      // The system lets go of what it could not write, and will not try again.
      this.#inode.pending = [];
      throw error;
    }
    this.#inode.sync();
  }

  async truncate(length: number): Promise<void> {
    this.#call('truncate');
    this.#inode.apply({ kind: 'truncate', length });
  }

  async size(): Promise<number> {
    this.#call('size');
    return this.#inode.content.length;
  }

  async close(): Promise<void> {
    if (!this.#isOpen) throw failure('EBADF', this.#path);
    // It is closed even if that fails.
    this.#isOpen = false;
    this.#fileSystem.openFiles--;
    this.#fileSystem.called('close', this.#path, 0, 0);
  }

  #write(bytes: Uint8Array, at: number): void {
    if (bytes.length > 0) this.#inode.apply({ kind: 'write', at, bytes: new Uint8Array(bytes) });
  }

  #call(operation: Call['operation'], start = 0, end = 0): void {
    if (!this.#isOpen) throw failure('EBADF', this.#path);
    this.#fileSystem.called(operation, this.#path, start, end);
  }
}

/** The error of a system call. */
export function failure(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}

function applied(content: Buffer, change: Change): Buffer {
  const length =
    change.kind === 'truncate'
      ? change.length
      : Math.max(content.length, change.at + change.bytes.length);
  const changed = Buffer.alloc(length);
  content.copy(changed);
  if (change.kind === 'write') changed.set(change.bytes, change.at);
  return changed;
}

/** The parts of a write that are in one sector each. */
function sectorsOf({ at, bytes }: Change & { kind: 'write' }): Change[] {
  const sectors: Change[] = [];
  for (let from = 0; from < bytes.length; ) {
    const to = Math.min(bytes.length, from + SECTOR_BYTES - ((at + from) % SECTOR_BYTES));
    sectors.push({ kind: 'write', at: at + from, bytes: bytes.subarray(from, to) });
    from = to;
  }
  return sectors;
}
