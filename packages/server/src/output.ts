import type { Output } from './io.js';

/** How much is put together before it is written: a write per line would cost more than the line. */
const BATCH_LENGTH = 64 * 1024;

/**
 * Writes `chunk` and waits until it is with the kernel.
 *
 * @returns whether anybody reads: not if a pipe is closed, which is a reader's way to say "enough".
 * @throws any other error of the output.
 */
export function write(output: Output, chunk: string | Uint8Array): Promise<boolean> {
  return new Promise((resolve, reject) => {
    output.write(chunk, (error) => {
      if (!error) resolve(true);
      else if ('code' in error && error.code === 'EPIPE') resolve(false);
      else reject(error);
    });
  });
}

/**
 * Writes `lines`, each of which gets its line end here, until nobody reads any more.
 *
 * @throws what `lines` throws, after those before it have been written; and any error of the output.
 */
export async function writeLines(
  output: Output,
  lines: Iterable<string> | AsyncIterable<string>,
): Promise<void> {
  let batch = '';
  try {
    for await (const line of lines) {
      batch += `${line}\n`;
      if (batch.length < BATCH_LENGTH) continue;
      const full = batch;
      batch = '';
      if (!(await write(output, full))) return;
    }
  } finally {
    if (batch !== '') await write(output, batch);
  }
}

/**
 * Writes each of `lines` as soon as it is there, until nobody reads any more.
 *
 * @throws what `lines` throws, and any error of the output.
 */
export async function writeEach(
  output: Output,
  lines: Iterable<string> | AsyncIterable<string>,
): Promise<void> {
  for await (const line of lines) {
    if (!(await write(output, `${line}\n`))) return;
  }
}

/** What is said of an error: one line, whatever text from elsewhere it quotes. */
export function oneLine(text: string): string {
  return text.trim().replace(/\p{Cc}+/gu, ' ');
}

/** Says one line, whatever text from elsewhere it quotes. Nothing can be done about one that cannot be written. */
export function sayLine(output: Output, text: string): void {
  output.write(`${oneLine(text)}\n`, () => {});
}
