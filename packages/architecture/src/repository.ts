import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the repository. */
export const ROOT: string = fileURLToPath(new URL('../../..', import.meta.url));

/** What a `package.json` says. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly repository?: { readonly url: string };
  readonly [field: string]: unknown;
}

/** The versions of the tools that the whole repository shares. */
export function toolVersions(): Readonly<Record<string, string>> {
  const { devDependencies } = JSON.parse(read('package.json')) as Required<Manifest>;
  return devDependencies;
}

/** The text of a file, by its path from the root. */
export function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** What the manifest of a package says, by the package's name without its scope. */
export function manifest(name: string): Manifest {
  return JSON.parse(read(`packages/${name}/package.json`)) as Manifest;
}

/** The handwritten and generated sources of a package; tests and what helps them are told apart. */
export function sources(name: string, kind: 'code' | 'tests'): string[] {
  const folder = join(ROOT, 'packages', name, 'src');
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .filter((path) => /\.test\.ts$|\/testing\//.test(path) === (kind === 'tests'))
    .sort();
}

/** The packages that a file imports, by their names; without Node.js' own. */
export function importedPackages(path: string): string[] {
  const specifiers = read(path).matchAll(
    /^\s*(?:import|export)\b[^'"`;]*?\bfrom\s+['"]([^'"]+)['"]|^\s*import\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm,
  );
  const names = [...specifiers].map((match) => match[1] ?? match[2] ?? match[3] ?? '');
  return names
    .filter((name) => !name.startsWith('.') && !name.startsWith('node:'))
    .map((name) => /^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name);
}
