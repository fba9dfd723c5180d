import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { published } from '../packages.js';
import { manifest, ROOT, read } from '../repository.js';
import { run } from './run.js';

/** A package as the registry would get it. */
export interface Tarball {
  /** Where it is. */
  readonly file: string;
  /** Where what is in it has been unpacked. */
  readonly folder: string;
}

/**
 * Packs every published package into `folder`, as the README tells it, with the very program that publishes them: it
 * is what replaces the ranges of the workspace by versions, and adds the licence.
 *
 * @throws {Error} if that packs others, or not all.
 */
export async function pack(folder: string): Promise<Record<string, Tarball>> {
  const { packageManager } = JSON.parse(read('package.json')) as { packageManager: string };
  await run('npx', ['-y', packageManager, 'tarballs', '--pack-destination', folder], { cwd: ROOT });
  const packed = (await readdir(folder)).sort();
  const expected = published.map(tarballName).sort();
  if (packed.join() !== expected.join()) throw new Error(`Packed: ${packed}, not ${expected}`);
  const tarballs = await Promise.all(published.map((name) => unpack(folder, name)));
  return Object.fromEntries(tarballs);
}

async function unpack(folder: string, name: string): Promise<[name: string, tarball: Tarball]> {
  const tarball: Tarball = {
    file: join(folder, tarballName(name)),
    folder: join(folder, name),
  };
  await mkdir(tarball.folder);
  // In a tarball everything is in a folder called `package`.
  await run('tar', ['-xzf', tarball.file, '-C', tarball.folder, '--strip-components=1']);
  return [name, tarball];
}

function tarballName(name: string): string {
  return `kv-${name}-${manifest(name).version}.tgz`;
}
