import { read } from './repository.js';

const blocks = [...read('README.md').matchAll(/<!-- run -->\n```js\n([\s\S]*?)```/g)].map(
  (match) => match[1] ?? '',
);

const isTest = (code: string): boolean => code.includes("from 'vitest'");

/** The blocks of code that the README says are run, and which say what they print. */
export const uses: readonly string[] = blocks.filter((code) => !isTest(code));

/** The block that is a test. */
export const unitTest: string = blocks.find(isTest) ?? '';

/** The lines that a block says it prints. */
export function promisedLines(code: string): string[] {
  return [...code.matchAll(/console\.log\(.*\/\/ → (.*)$/gm)].map((match) => match[1] ?? '');
}
