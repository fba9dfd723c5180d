import { describe, expect, test } from 'vitest';
import type { Output } from './io.js';
import { oneLine, sayLine, write, writeLines } from './output.js';
import { TestOutput } from './testing/test-io.js';

function failing(code: string): Output & { writes: number } {
  return {
    writes: 0,
    write(_chunk, done) {
      this.writes++;
      done(Object.assign(new Error(code), { code }));
    },
  };
}

function* many(count: number): Generator<string> {
  for (let i = 0; i < count; i++) yield `line ${i}`;
}

describe('lines', () => {
  test('are written in order, many in one write', async () => {
    const output = new TestOutput();
    await writeLines(output, many(100_000));
    expect(output.text).toBe([...many(100_000)].map((line) => `${line}\n`).join(''));
  });

  test('that come later are written in order, and those before an error as well', async () => {
    const output = new TestOutput();
    async function* failing(): AsyncGenerator<string> {
      yield* many(20_000);
      throw new Error('no more');
    }
    await expect(writeLines(output, failing())).rejects.toThrow('no more');
    expect(output.text).toBe([...many(20_000)].map((line) => `${line}\n`).join(''));
  });

  test('none write nothing', async () => {
    const output = failing('ENOSPC');
    await writeLines(output, []);
    expect(output.writes).toBe(0);
  });

  test('end quietly when nobody reads any more', async () => {
    const output = failing('EPIPE');
    await writeLines(output, many(1_000_000));
    expect(output.writes).toBe(1);
  });

  test('fail if they cannot be written', async () => {
    await expect(writeLines(failing('ENOSPC'), ['line'])).rejects.toThrow('ENOSPC');
  });
});

test('write tells whether anybody reads', async () => {
  expect(await write(new TestOutput(), 'text')).toBe(true);
  expect(await write(failing('EPIPE'), 'text')).toBe(false);
});

test.each([
  [
    "error: unknown command 'hgte'\n(Did you mean hget?)\n",
    "error: unknown command 'hgte' (Did you mean hget?)",
  ],
  ['a\r\n\tb\u001b[31mc', 'a b [31mc'],
])('oneLine(%j)', (text, line) => {
  expect(oneLine(text)).toBe(line);
});

test('sayLine says what it quotes in one line, and needs nobody who hears it', () => {
  const output = new TestOutput();
  sayLine(output, 'error: a\nb');
  expect(output.text).toBe('error: a b\n');
  sayLine(failing('EPIPE'), 'lost');
});
