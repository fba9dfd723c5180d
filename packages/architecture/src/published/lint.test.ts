import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { describe, expect, inject, it } from 'vitest';
import { run } from './run.js';

const ATTW = fileURLToPath(new URL('../../node_modules/.bin/attw', import.meta.url));

describe.each(Object.entries(inject('tarballs')))('the package %s', (_, { file, folder }) => {
  it('is one that publint has nothing to say about', async () => {
    const { messages, pkg } = await publint({ pkgDir: folder, pack: false, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });

  it('has types that resolve wherever its code does', async () => {
    // It fails if it finds anything. Nothing but ES modules is published.
    await run(ATTW, [file, '--profile', 'esm-only', '--no-color', '--no-emoji']);
  });
});
