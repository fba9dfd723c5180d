import { ByteWriter, type CommandRequest, commandRequest, straightLineCodec } from '@kv/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LaneReader } from './lane-reader.js';

const LIMITS = { maxTableBytes: 10, maxKeyBytes: 2000 };

const hex = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

function encoded(request: CommandRequest): Uint8Array {
  const out = new ByteWriter();
  straightLineCodec.encodeRequest(request, out);
  return out.take();
}

/** Whether the lane takes these bytes, wherever in an array they lie. */
function takes(bytes: Uint8Array, reader = new LaneReader(LIMITS)): boolean {
  // What lies behind it must not matter: the next frame, which begins with zeros, or anything else.
  const [taken, ...others] = [7, 0, 0x80].map((padding) => {
    const chunk = Buffer.concat([Buffer.of(padding), bytes, Buffer.alloc(3, padding)]);
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    return reader.read(chunk, view, 1, 1 + bytes.length);
  });
  for (const other of others) expect(other).toBe(taken);
  return taken === true;
}

/** The request that the reader's fields tell of, encoded anew. */
function again({ command, bytes, ...at }: LaneReader): Uint8Array {
  const text = (start: number, end: number): string => String(Buffer.from(bytes.slice(start, end)));
  const table = text(at.tableStart, at.tableEnd);
  const key = text(at.keyStart, at.keyEnd);
  if (command !== 'hset') return encoded(commandRequest(command, { table, key }));
  const response = responseOf(bytes.slice(at.valueStart, at.valueEnd));
  const { values } = straightLineCodec.decodeResponse(response, 0, response.length);
  const pair = { key, ...(values[0] && { value: values[0] }) };
  return encoded(commandRequest(command, { table, pair }));
}

/** A response whose only value has this encoding. */
function responseOf(value: Uint8Array): Uint8Array {
  const length: number[] = [];
  let rest = value.length;
  for (; rest > 0x7f; rest >>>= 7) length.push((rest & 0x7f) | 0x80);
  return Buffer.concat([Buffer.of(0x1a, ...length, rest), value]);
}

const name = fc.oneof(
  fc.string({ minLength: 1, maxLength: 20 }),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 5 }),
);
const long = fc.nat({ max: 3000 }).map((length) => 'x'.repeat(length));
const text = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), long);
const value = fc.oneof(
  text.map((each) => ({ value: { case: 'string' as const, value: each } })),
  fc.uint8Array().map((each) => ({ value: { case: 'binary' as const, value: each } })),
  fc
    .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    .map((each) => ({ value: { case: 'integer' as const, value: each } })),
  fc.double({ noNaN: true }).map((each) => ({ value: { case: 'float' as const, value: each } })),
  fc.boolean().map((each) => ({ value: { case: 'bool' as const, value: each } })),
);
const key = fc.oneof(name, long);
const request: fc.Arbitrary<CommandRequest> = fc.oneof(
  fc.record({ table: name, key }).map((message) => commandRequest('hget', message)),
  fc.record({ table: name, key }).map((message) => commandRequest('hdel', message)),
  fc.record({ table: name, key }).map((message) => commandRequest('hexist', message)),
  fc
    .record({ table: name, key, value })
    .map(({ table, ...pair }) => commandRequest('hset', { table, pair })),
);

function withinLimits({ requestData }: CommandRequest): boolean {
  const message = requestData.value as { table: string; key?: string; pair?: { key: string } };
  const bytes = Buffer.byteLength(message.pair?.key ?? message.key ?? '');
  const table = Buffer.byteLength(message.table);
  return bytes > 0 && bytes <= LIMITS.maxKeyBytes && table <= LIMITS.maxTableBytes;
}

describe('what the lane reads of a request', () => {
  it('is what an encoder wrote, if table and key keep to their limits', () => {
    fc.assert(
      fc.property(request, (asked) => {
        const bytes = encoded(asked);
        const reader = new LaneReader(LIMITS);
        expect(takes(bytes, reader)).toBe(withinLimits(asked));
        if (withinLimits(asked)) expect([...again(reader)]).toEqual([...bytes]);
      }),
      { numRuns: 2000 },
    );
  });

  it('is nothing, unless it means what the codec reads and could be encoded no other way', () => {
    const damage = fc.record({
      at: fc.nat(),
      remove: fc.nat({ max: 3 }),
      insert: fc.uint8Array({ maxLength: 3 }),
    });
    fc.assert(
      fc.property(request, damage, (asked, { at, remove, insert }) => {
        const bytes = encoded(asked);
        const start = at % bytes.length;
        const changed = Buffer.concat([
          bytes.subarray(0, start),
          insert,
          bytes.subarray(start + remove),
        ]);
        const reader = new LaneReader(LIMITS);
        if (!takes(changed, reader)) return;
        const read = straightLineCodec.decodeRequest(changed, 0, changed.length);
        expect([...encoded(read)]).toEqual([...changed]);
        expect([...again(reader)]).toEqual([...changed]);
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['nothing', ''],
    ['a tag alone', '0a'],
    ['a command of several keys', '1a 06 0a 01 74 12 01 6b'],
    ['the key before the table', '0a 06 12 01 6b 0a 01 74'],
    ['no key', '0a 03 0a 01 74'],
    ['an empty key', '0a 05 0a 01 74 12 00'],
    ['an empty table', '0a 05 0a 00 12 01 6b'],
    ['a field of the future', '0a 08 0a 01 74 12 01 6b 18 01'],
    ['two commands', '0a 06 0a 01 74 12 01 6b 0a 06 0a 01 74 12 01 6b'],
    ['a length with a byte too many', '0a 86 00 0a 01 74 12 01 6b'],
    ['a key that is no UTF-8', '0a 06 0a 01 74 12 01 ff'],
    ['a table that is no UTF-8', '0a 06 0a 01 ff 12 01 6b'],
    ['a pair without a value', '22 08 0a 01 74 12 03 0a 01 6b'],
    ['an empty value', '22 0a 0a 01 74 12 05 0a 01 6b 12 00'],
    ['a value that is no UTF-8', '22 0d 0a 01 74 12 08 0a 01 6b 12 03 0a 01 ff'],
    ['a value of two values', '22 0e 0a 01 74 12 09 0a 01 6b 12 04 28 00 28 01'],
    ['an integer with a byte too many', '22 0d 0a 01 74 12 08 0a 01 6b 12 03 18 81 00'],
    [
      'an integer of more than 64 bits',
      `22 16 0a 01 74 12 11 0a 01 6b 12 0c 18${' ff'.repeat(9)} 02 00`,
    ],
    ['an integer of 70 bits', `22 15 0a 01 74 12 10 0a 01 6b 12 0b 18${' ff'.repeat(9)} 02`],
    ['a text whose length is cut off', '22 0c 0a 01 74 12 07 0a 01 6b 12 02 0a 86'],
    ['bytes whose length is cut off', '22 0d 0a 01 74 12 08 0a 01 6b 12 03 12 86 80'],
    ['a boolean of 2', '22 0c 0a 01 74 12 07 0a 01 6b 12 02 28 02'],
    [
      'one of the many that are no number',
      '22 13 0a 01 74 12 0e 0a 01 6b 12 09 21 01 00 00 00 00 00 f8 7f',
    ],
  ])('is nothing of %s', (_, bytes) => {
    expect(takes(hex(bytes))).toBe(false);
  });
});
