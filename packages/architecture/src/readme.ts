import { read } from './repository.js';

/** The blocks of code that the README says are run. The last is a test. */
export const uses: readonly string[] = [
  ...read('README.md').matchAll(/<!-- run -->\n```js\n([\s\S]*?)```/g),
].map((match) => match[1] ?? '');

/** The lines that a block says it prints. */
export function promisedLines(code: string): string[] {
  return [...code.matchAll(/console\.log\(.*\/\/ → (.*)$/gm)].map((match) => match[1] ?? '');
}
