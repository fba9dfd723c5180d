import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatWithOptions } from 'node:util';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { promisedLines, unitTest, uses } from './readme.js';
import { ROOT } from './repository.js';

/** Runs code as a module of its own, which may import what an application may. */
async function run(name: string, code: string): Promise<void> {
  const folder = join(ROOT, 'packages/architecture/dist/readme');
  await mkdir(folder, { recursive: true });
  const file = join(folder, name);
  await writeFile(file, code);
  try {
    await import(/* @vite-ignore */ file);
  } finally {
    await rm(file);
  }
}

describe("the README's uses", () => {
  it('are three, of which the first has a second way and the third is a test, listening and watching', () => {
    expect(uses).toHaveLength(5);
    expect(unitTest).not.toBe('');
  });

  it.each(uses.map((code, i) => [i + 1, code] as const))(
    'number %i prints what it says',
    async (number, code) => {
      const log = vi.spyOn(console, 'log').mockImplementation(() => {});
      onTestFinished(() => log.mockRestore());
      await run(`use-${number}.mjs`, code);
      const printed = log.mock.calls.map((args) => formatWithOptions({ colors: false }, ...args));
      expect(printed).toEqual(promisedLines(code));
      expect(printed.length).toBeGreaterThan(2);
    },
  );
});

// The third is a test itself, and is registered as one.
describe("the README's unit test", async () => {
  await run('unit-test.mjs', unitTest);
});
