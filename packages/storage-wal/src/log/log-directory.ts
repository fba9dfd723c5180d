import { join } from 'node:path';
import type { File, FileSystem } from '../file-system/file-system.js';
import { decodeManifest, encodeManifest, type Manifest } from '../format/manifest.js';
import { damage } from './damage.js';
import { MANIFEST, TEMPORARY } from './file-names.js';

/** The directory of a log, and its manifest, which says what else in it counts. */
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

  /** The names of the files in it. */
  list(): Promise<string[]> {
    return this.fileSystem.list(this.path);
  }

  async remove(names: readonly string[]): Promise<void> {
    for (const name of names) await this.fileSystem.remove(this.file(name));
    if (names.length > 0) await this.fileSystem.syncDirectory(this.path);
  }

  /** @throws {KvError} `STORAGE_FAILURE` if it is damaged. */
  async readManifest(): Promise<Manifest> {
    const path = this.file(MANIFEST);
    const manifest = decodeManifest(await this.#read(path));
    if (typeof manifest === 'string') throw damage(path, 0, manifest);
    return manifest;
  }

  writeManifest(manifest: Manifest): Promise<void> {
    const bytes = encodeManifest(manifest);
    return this.create(MANIFEST, (file) => file.write(bytes, 0));
  }

  /** Makes a file, durably, in the place of one that has its name: with all that `fill` writes, or not at all. */
  async create(name: string, fill: (file: File) => Promise<void>): Promise<void> {
    const temporary = this.file(name + TEMPORARY);
    const file = await this.fileSystem.open(temporary, { create: true });
    try {
      await fill(file);
      await file.datasync();
    } finally {
      await file.close();
    }
    await this.fileSystem.rename(temporary, this.file(name));
    await this.fileSystem.syncDirectory(this.path);
  }

  async #read(path: string): Promise<Buffer> {
    const file = await this.fileSystem.open(path, { readOnly: true });
    try {
      const bytes = Buffer.alloc(await file.size());
      return bytes.subarray(0, await file.read(bytes, 0));
    } finally {
      await file.close();
    }
  }
}
