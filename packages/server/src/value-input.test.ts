import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { TestIo } from './testing/test-io.js';
import type { ValueType } from './value-argument.js';
import { readValue } from './value-input.js';

const MAX_BYTES = 100;

/** What is read of standard input that comes in such chunks. */
function read(type: ValueType, ...chunks: (string | Uint8Array)[]): Promise<unknown> {
  const stdin = Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
  return readValue(type, MAX_BYTES, new TestIo({}, stdin));
}

describe('readValue', () => {
  test.each<[ValueType, (string | Uint8Array)[], unknown]>([
    ['string', ['Tyr'], 'Tyr'],
    ['string', [], ''],
    ['string', ['Tyr\r\n'], 'Tyr\r\n'],
    ['string', ['\uFEFFT', 'yr'], '\uFEFFTyr'],
    ['string', [Uint8Array.of(0xc3), Uint8Array.of(0xa9)], 'é'],
    ['binary', [Uint8Array.of(0, 255), Uint8Array.of(10)], Buffer.of(0, 255, 10)],
    ['binary', ['AA==\n'], Buffer.from('AA==\n')],
    ['binary', [new Uint8Array(MAX_BYTES)], Buffer.alloc(MAX_BYTES)],
    ['integer', ['4', '2\n'], 42n],
    ['integer', ['-42'], -42n],
    ['float', ['1.5\r\n'], 1.5],
    ['boolean', ['true\n'], true],
  ])('as %s, of %j', async (type, chunks, value) => {
    expect(await read(type, ...chunks)).toStrictEqual(value);
  });

  test.each<[ValueType, string | Uint8Array, string]>([
    ['string', Uint8Array.of(0xc3), 'no text in UTF-8'],
    ['integer', Uint8Array.of(0xff), 'no text in UTF-8'],
    ['integer', '', "'' is no value of type integer"],
    ['integer', '42\n\n', 'is no value of type integer'],
    ['boolean', ' true', 'is no value of type boolean'],
  ])('refuses, as %s, %j', async (type, chunk, message) => {
    await expect(read(type, chunk)).rejects.toMatchObject({
      name: 'KvError',
      code: 'INVALID_COMMAND',
      message: expect.stringContaining(message),
    });
  });

  test('reads no more than can be sent', async () => {
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(1);
      })(),
    );
    await expect(readValue('binary', MAX_BYTES, new TestIo({}, endless))).rejects.toMatchObject({
      code: 'TOO_LARGE',
    });
    expect(endless.destroyed).toBe(true);
  });

  test('gives up when it is told to stop', async () => {
    const stdin = new Readable({ read() {} });
    const io = new TestIo({}, stdin);
    const reading = readValue('string', MAX_BYTES, io);
    io.signal('SIGINT');
    await expect(reading).rejects.toThrow();
    expect(stdin.destroyed).toBe(true);
  });
});
