import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as core from '@kv/core';
import { COMMAND_EFFECT, ERROR_STATUS } from '@kv/protocol';
import { describe, expect, it } from 'vitest';
import { published } from './packages.js';
import { manifest, ROOT, read } from './repository.js';

/** The cells of the rows of the table under a heading of the README. */
function table(heading: string): string[][] {
  const section = read('README.md').split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| '));
  return rows.slice(2).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe('the README', () => {
  it('tells every error code, and its status', () => {
    const told = table('Errors').map(([code, status]) => [
      code?.replaceAll('`', ''),
      Number(status),
    ]);
    expect(told).toEqual(Object.entries(ERROR_STATUS));
  });

  it('tells every command', () => {
    const told = table('Commands').map(([name]) => name?.toLowerCase());
    expect(told).toEqual(Object.keys(COMMAND_EFFECT));
  });

  it('names commands whose handlers can all be imported', () => {
    expect(core).toMatchObject(
      Object.fromEntries(Object.keys(COMMAND_EFFECT).map((name) => [name, expect.any(Function)])),
    );
  });

  it('tells every hook point, in order', () => {
    expect(table('Hooks').map(([name]) => name)).toEqual([
      '`requestReceived`',
      '`requestExecuted`',
      '`beforeResponseSend`',
      '`afterResponseSend`',
    ]);
  });

  it('tells every published package', () => {
    const told = table('Packages').map(([name]) => /@kv\/([a-z-]+)/.exec(name ?? '')?.[1]);
    expect(told.sort()).toEqual([...published].sort());
  });

  it('has all installed that the server needs', () => {
    const [, told = ''] = /tarballs\/kv-\{(.*)\}-\*\.tgz/.exec(read('README.md')) ?? [];
    const needed = (name: string): string[] =>
      Object.keys(manifest(name).dependencies ?? {})
        .filter((dependency) => dependency.startsWith('@kv/'))
        .map((dependency) => dependency.slice('@kv/'.length))
        .flatMap((dependency) => [dependency, ...needed(dependency)]);
    expect(told.split(',').sort()).toEqual([...new Set(['server', ...needed('server')])].sort());
  });
});

describe('the changelog', () => {
  const [unreleased = '', ...releases] = read('CHANGELOG.md').split(/^## /m).slice(1);

  it('tells the version that the packages have as the newest release', () => {
    const newest = /^(\d+\.\d+\.\d+) - \d{4}-\d{2}-\d{2}\n/.exec(releases[0] ?? '')?.[1] ?? '0.0.0';
    for (const name of published) expect([name, manifest(name).version]).toEqual([name, newest]);
  });

  it('tells of changes just when a changeset raises a version for them', () => {
    expect(unreleased).toMatch(/^Unreleased\n/);
    const changesets = readdirSync(join(ROOT, '.changeset')).filter((file) => file.endsWith('.md'));
    expect(changesets.length > 0).toBe(/^- /m.test(unreleased));
  });
});

describe('the pinned version of pnpm', () => {
  it('is the same wherever it is named', () => {
    const { packageManager } = JSON.parse(read('package.json')) as { packageManager: string };
    for (const path of ['README.md', 'CONTRIBUTING.md', '.ci/run']) {
      const named = new Set(read(path).match(/pnpm@[\d.]+\d/g));
      expect([path, ...named]).toEqual([path, packageManager]);
    }
  });
});

/** The links of a document that lead to other files of the repository. */
function links(path: string): string[] {
  const all = [...read(path).matchAll(/\]\(([^)]+)\)/g)].map((match) => match[1] ?? '');
  return all.filter((link) => !/^(https:|#)/.test(link)).map((link) => link.replace(/#.*/, ''));
}

describe('a link of the README', () => {
  it.each(links('README.md'))('to %s leads somewhere', (link) => {
    expect(existsSync(join(ROOT, link))).toBe(true);
  });
});

describe('the links of the README of', () => {
  it.each(published)('%s lead nowhere that is not published with it', (name) => {
    for (const link of links(`packages/${name}/README.md`)) {
      expect(link).toMatch(/^src\//);
      expect(existsSync(join(ROOT, 'packages', name, link))).toBe(true);
    }
    expect(read(`packages/${name}/README.md`)).not.toContain('](..');
  });

  it('others lead to this repository', () => {
    const home = manifest('core').repository?.url.replace(/^git\+|\.git$/g, '');
    for (const name of ['core', 'client', 'protocol', 'transport-tcp']) {
      expect(read(`packages/${name}/README.md`)).toContain(`[kv](${home}#readme)`);
    }
  });
});
