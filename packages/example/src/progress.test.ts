import { expect, test } from 'vitest';
import { withProgress } from './progress.js';

/** Does 1,000 records in steps of 50, and returns what has been written meanwhile. */
async function written(isTTY: boolean): Promise<string[]> {
  const texts: string[] = [];
  const output = { isTTY, write: (text: string) => texts.push(text) };
  const result = await withProgress(output, 'Loading', 1000, async (advance) => {
    for (let i = 0; i < 20; i++) advance(50);
    return 'done';
  });
  expect(result).toBe('done');
  return texts;
}

test('a few lines where there is no terminal', async () => {
  expect(await written(false)).toEqual([
    'Loading  25%  250 of 1,000 records\n',
    'Loading  50%  500 of 1,000 records\n',
    'Loading  75%  750 of 1,000 records\n',
    'Loading 100%  1,000 of 1,000 records\n',
  ]);
});

test('one line, written over, on a terminal', async () => {
  const texts = await written(true);
  expect(texts).toHaveLength(21);
  expect(texts[0]).toBe('\rLoading   5%  50 of 1,000 records\x1b[K');
  expect(texts.at(-2)).toBe('\rLoading 100%  1,000 of 1,000 records\x1b[K');
  expect(texts.at(-1)).toBe('\n');
});

test('the line ends where the work fails', async () => {
  const texts: string[] = [];
  const output = { isTTY: true, write: (text: string) => texts.push(text) };
  const work = withProgress(output, 'Loading', 2, async (advance) => {
    advance(1);
    throw new Error('disk full');
  });
  await expect(work).rejects.toThrow('disk full');
  expect(texts).toEqual(['\rLoading  50%  1 of 2 records\x1b[K', '\n']);
});
