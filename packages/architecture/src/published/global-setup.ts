import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { pack, type Tarball } from './pack.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Every published package, by its name without the scope. */
    tarballs: Readonly<Record<string, Tarball>>;
  }
}

/** Packs the published packages once, for all tests. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'kv-published-'));
  project.provide('tarballs', await pack(folder));
  return () => rm(folder, { recursive: true });
}
