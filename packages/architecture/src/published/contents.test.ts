import { readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { manifest, sources } from '../repository.js';
import { filesIn } from './files.js';

const tarballs = inject('tarballs');

/** What is made of a source, and the source itself, for whoever steps into it. */
function outputsOf(source: string): string[] {
  // Of types alone, for the compiler, nothing is made.
  if (source.endsWith('.d.ts')) return [source];
  const built = source.replace(/^src\//, 'dist/').replace(/\.ts$/, '');
  const outputs = ['.js', '.js.map', '.d.ts', '.d.ts.map'].map((ending) => built + ending);
  return [source, ...outputs];
}

describe.each(Object.entries(tarballs))('the tarball of %s', (name, { folder }) => {
  const files = filesIn(folder);
  const published = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as object;

  // If there is more, `dist` has files whose source is gone: delete it and build anew.
  it('holds the code, what is built of it, and three documents', () => {
    const code = sources(name, 'code').map((path) => relative(`packages/${name}`, path));
    const commands = Object.values(manifest(name).bin ?? {});
    const documents = ['LICENSE', 'README.md', 'package.json'];
    expect(files).toEqual([...code.flatMap(outputsOf), ...commands, ...documents].sort());
  });

  it('names other packages by versions that a registry knows', () => {
    expect(JSON.stringify(published)).not.toContain('workspace:');
    const own = Object.entries(manifest(name).dependencies ?? {}).filter(([dependency]) =>
      dependency.startsWith('@kv/'),
    );
    const expected = own.map(([dependency]) => [dependency, `^${manifest(name).version}`]);
    expect(published).toMatchObject({ dependencies: Object.fromEntries(expected) });
  });

  it('has source maps that lead to sources it has', () => {
    const maps = files.filter((file) => file.endsWith('.map'));
    const targets = maps.flatMap((file) => {
      const map = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { sources: string[] };
      return map.sources.map((source) => normalize(join(dirname(file), source)));
    });
    expect(targets).toHaveLength(maps.length);
    expect(targets.filter((target) => !files.includes(target))).toEqual([]);
  });
});
