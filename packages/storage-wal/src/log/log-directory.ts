import { join } from 'node:path';
import type { File, FileSystem } from '../file-system/file-system.js';
import { decodeManifest, encodeManifest, type Manifest } from '../format/manifest.js';
import { encodeSegmentHeader, type SegmentHeader } from '../format/segment-header.js';
import { MANIFEST, segmentName, TEMPORARY } from './file-names.js';
import { isMissing, type Problem, unreadableError } from './unreadable.js';

/** The directory of a log: its files, by their names. */
export class LogDirectory {
  readonly path: string;
  readonly fileSystem: FileSystem;

  constructor(path: string, fileSystem: FileSystem) {
    this.path = path;
    this.fileSystem = fileSystem;
  }

  /** The path of a file in it. */
  file(name: string): string {
    return join(this.path, name);
  }

  /** The names of what is in it. */
  list(): Promise<string[]> {
    return this.fileSystem.list(this.path);
  }

  /** Opens a file that is there, and closes it when it has been used. */
  async use<T>(name: string, readOnly: boolean, use: (file: File) => Promise<T>): Promise<T> {
    const file = await this.fileSystem.open(this.file(name), { readOnly });
    try {
      return await use(file);
    } finally {
      await file.close();
    }
  }

  /** Makes a file, durably, in the place of one that has its name: with all that `fill` writes, or not at all. */
  async create(name: string, fill: (file: File) => Promise<void>): Promise<void> {
    const temporary = name + TEMPORARY;
    const file = await this.fileSystem.open(this.file(temporary), { create: true });
    try {
      await fill(file);
      await file.datasync();
    } finally {
      await file.close();
    }
    await this.rename(temporary, name);
  }

  /** Makes a segment without blocks. */
  createSegment(header: SegmentHeader): Promise<void> {
    const bytes = encodeSegmentHeader(header);
    return this.create(segmentName(header.number), (file) => file.write(bytes, 0));
  }

  /** Gives a file another name, durably. */
  async rename(from: string, to: string): Promise<void> {
    await this.fileSystem.rename(this.file(from), this.file(to));
    await this.fileSystem.syncDirectory(this.path);
  }

  async remove(names: readonly string[]): Promise<void> {
    for (const name of names) await this.fileSystem.remove(this.file(name));
    if (names.length > 0) await this.fileSystem.syncDirectory(this.path);
  }

  /**
   * Answers the manifest, or what is the matter with it.
   *
   * @throws {KvError} `UNSUPPORTED` if it is a later version's.
   */
  async readManifest(): Promise<Manifest | Problem> {
    const path = this.file(MANIFEST);
    const bytes = await this.readFile(MANIFEST);
    if (bytes === undefined) return { path, offset: 0, reason: 'it is missing' };
    const manifest = decodeManifest(bytes);
    if ('foreign' in manifest && manifest.foreign) throw unreadableError(path, 0, manifest);
    return 'reason' in manifest ? { path, offset: 0, reason: manifest.reason } : manifest;
  }

  /** All bytes of a small file; `undefined` if it is missing. */
  async readFile(name: string): Promise<Buffer | undefined> {
    try {
      return await this.use(name, true, async (file) => {
        const bytes = Buffer.alloc(await file.size());
        return bytes.subarray(0, await file.read(bytes, 0));
      });
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  writeManifest(manifest: Manifest): Promise<void> {
    const bytes = encodeManifest(manifest);
    return this.create(MANIFEST, (file) => file.write(bytes, 0));
  }
}
