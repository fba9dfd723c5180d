import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Context } from '../group.js';
import { Unavailable } from '../unavailable.js';

const SOURCES = fileURLToPath(new URL('../../native/', import.meta.url));

const { CC = 'cc' } = process.env;

/** The compilers to try. */
const COMPILERS: readonly string[] = [CC, 'cc', 'gcc', 'clang'];

const FLAGS = ['-std=c11', '-O2', '-D_GNU_SOURCE', '-Wall', '-Wextra'];

/**
 * Compiles a load generator, on the spot.
 *
 * @param name of the program.
 * @param parts folders of `native/`, all of whose files belong to it, and single files.
 * @returns where it is.
 * @throws {Unavailable} if this is not Linux, or there is no compiler for C.
 */
export async function compileNative(
  context: Context,
  name: string,
  parts: readonly string[],
): Promise<string> {
  if (process.platform !== 'linux') throw new Unavailable('the load generator needs Linux');
  const file = join(context.folder, name);
  const sources = (await Promise.all(parts.map(sourcesOf))).flat();
  for (const compiler of COMPILERS) {
    try {
      await context.processes.run([compiler, ...FLAGS, '-o', file, ...sources]);
      return file;
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  throw new Unavailable('there is no compiler for C (on Debian: apt-get install gcc libc6-dev)');
}

async function sourcesOf(part: string): Promise<string[]> {
  const path = join(SOURCES, part);
  if (part.endsWith('.c')) return [path];
  const names = await readdir(path);
  return names.filter((name) => name.endsWith('.c')).map((name) => join(path, name));
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
