import { ByteWriter, type CommandRequest, commandRequest, straightLineCodec } from '@kv/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BatchItems, TableRequest } from '../storage/storage-lane.js';
import { BatchReader, MAX_ITEMS } from './batch-reader.js';
import { LaneReader } from './lane-reader.js';
import { TableReader } from './table-reader.js';

const LIMITS = { maxTableBytes: 10, maxKeyBytes: 2000 };

const hex = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function encoded(request: CommandRequest): Uint8Array {
  const out = new ByteWriter();
  straightLineCodec.encodeRequest(request, out);
  return out.take();
}

const readers = [new LaneReader(LIMITS), new BatchReader(LIMITS), new TableReader(LIMITS)] as const;
type Reader = (typeof readers)[number];

/** The one reader that takes these bytes, wherever in an array they lie; `undefined` if none does. */
function readerOf(bytes: Uint8Array): Reader | undefined {
  const taking = readers.filter((reader) => takes(bytes, reader));
  expect(taking.length).toBeLessThan(2);
  return taking[0];
}

function takes(bytes: Uint8Array, reader: Reader): boolean {
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
function again(reader: Reader): string {
  return hexOf(encoded(requestOf(reader)));
}

function requestOf(reader: Reader): CommandRequest {
  const { bytes, tableStart, tableEnd } = reader;
  const table = textOf(bytes, tableStart, tableEnd);
  if (reader instanceof TableReader) return commandRequest('hgetall', { table });
  if (reader instanceof BatchReader) {
    const { command } = reader;
    const pairs = itemsOf(reader, reader.items);
    if (command === 'hmset') return commandRequest(command, { table, pairs });
    return commandRequest(command, { table, keys: pairs.map(({ key }) => key) });
  }
  const { command, keyStart, keyEnd, valueStart, valueEnd } = reader;
  const pair = pairOf(bytes, keyStart, keyEnd, valueStart, valueEnd);
  if (command === 'hset') return commandRequest(command, { table, pair });
  return commandRequest(command, { table, key: pair.key });
}

const textOf = (bytes: Uint8Array, start: number, end: number): string =>
  String(Buffer.from(bytes.slice(start, end)));

function itemsOf({ bytes }: TableRequest, items: BatchItems): ReturnType<typeof pairOf>[] {
  const { count, keyStarts, keyEnds, valueStarts, valueEnds } = items;
  return Array.from({ length: count }, (_, i) =>
    pairOf(
      bytes,
      keyStarts[i] as number,
      keyEnds[i] as number,
      valueStarts[i] as number,
      valueEnds[i] as number,
    ),
  );
}

function pairOf(
  bytes: Uint8Array,
  start: number,
  end: number,
  valueStart: number,
  valueEnd: number,
) {
  const response = responseOf(bytes.slice(valueStart, valueEnd));
  const { values } = straightLineCodec.decodeResponse(response, 0, response.length);
  const key = textOf(bytes, start, end);
  return { key, ...(values[0] && { value: values[0] }) };
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
const keys = fc.array(key, { maxLength: 5 });
const pair = fc.record({ key, value });
const pairs = fc.array(pair, { maxLength: 5 });
const request: fc.Arbitrary<CommandRequest> = fc.oneof(
  fc.record({ table: name, key }).map((message) => commandRequest('hget', message)),
  fc.record({ table: name, key }).map((message) => commandRequest('hdel', message)),
  fc.record({ table: name, key }).map((message) => commandRequest('hexist', message)),
  fc.record({ table: name, pair }).map((message) => commandRequest('hset', message)),
  fc.record({ table: name, keys }).map((message) => commandRequest('hmget', message)),
  fc.record({ table: name, keys }).map((message) => commandRequest('hmdel', message)),
  fc.record({ table: name, keys }).map((message) => commandRequest('hmexist', message)),
  fc.record({ table: name, pairs }).map((message) => commandRequest('hmset', message)),
  fc.record({ table: name }).map((message) => commandRequest('hgetall', message)),
);

/** What a request of some command may have. */
interface Parts {
  readonly table: string;
  readonly key?: string;
  readonly keys?: string[];
  readonly pair?: { key: string };
  readonly pairs?: { key: string }[];
}

/** Whether table and keys keep to their limits, and there is a key if there may be several. */
function isForTheLane({ requestData }: CommandRequest): boolean {
  const { table, key, keys, pair, pairs } = requestData.value as Parts;
  const listed = keys ?? pairs?.map((each) => each.key);
  const all = listed ?? [key ?? pair?.key].filter((each) => each !== undefined);
  const keep = (text: string, limit: number): boolean =>
    text !== '' && Buffer.byteLength(text) <= limit;
  return (
    listed?.length !== 0 &&
    keep(table, LIMITS.maxTableBytes) &&
    all.every((each) => keep(each, LIMITS.maxKeyBytes))
  );
}

describe('what the lane reads of a request', () => {
  it('is what an encoder wrote, if table and keys keep to their limits', () => {
    fc.assert(
      fc.property(request, (asked) => {
        const bytes = encoded(asked);
        const reader = readerOf(bytes);
        expect(reader !== undefined).toBe(isForTheLane(asked));
        if (reader !== undefined) expect(again(reader)).toBe(hexOf(bytes));
      }),
      { numRuns: 3000 },
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
        const reader = readerOf(changed);
        if (reader === undefined) return;
        const read = straightLineCodec.decodeRequest(changed, 0, changed.length);
        expect(hexOf(encoded(read))).toBe(hexOf(changed));
        expect(again(reader)).toBe(hexOf(changed));
      }),
      { numRuns: 5000 },
    );
  });

  it('is as many keys as there are, up to a number that keeps what is kept for them small', () => {
    const reads = (count: number): boolean => {
      const keys = Array.from({ length: count }, (_, i) => `${i}`);
      const bytes = encoded(commandRequest('hmget', { table: 't', keys }));
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const reader = new BatchReader(LIMITS);
      return reader.read(bytes, view, 0, bytes.length) && again(reader) === hexOf(bytes);
    };
    expect([1, 64, 65, 1000, MAX_ITEMS].map(reads)).toEqual([true, true, true, true, true]);
    expect(reads(MAX_ITEMS + 1)).toBe(false);
  });

  it.each([
    ['nothing', ''],
    ['a tag alone', '0a'],
    ['a command of the future', '82 02 06 0a 01 74 12 01 6b'],
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
    ['no keys', '1a 03 0a 01 74'],
    ['no pairs', '2a 03 0a 01 74'],
    ['several keys of which one is empty', '1a 08 0a 01 74 12 01 6b 12 00'],
    ['several keys of which one is no UTF-8', '3a 09 0a 01 74 12 01 6b 12 01 ff'],
    ['a key that is cut off', '4a 08 0a 01 74 12 01 6b 12 01'],
    ['keys before the table', '1a 06 12 01 6b 0a 01 74'],
    ['several pairs of which one is empty', '2a 0f 0a 01 74 12 08 0a 01 6b 12 03 0a 01 76 12 00'],
    [
      'several pairs of which one has no value',
      '2a 12 0a 01 74 12 03 0a 01 6b 12 08 0a 01 6b 12 03 0a 01 76',
    ],
    ['a pair that is shorter than its value', '2a 0d 0a 01 74 12 07 0a 01 6b 12 03 0a 01 76'],
    ['a pair that is longer than its value', '2a 0d 0a 01 74 12 08 0a 01 6b 12 02 0a 01 76'],
    ['no table', '12 00'],
    ['an empty table and nothing else', '12 02 0a 00'],
    ['a table and a field of the future', '12 05 0a 01 74 18 01'],
    ['two tables', '12 06 0a 01 74 0a 01 74'],
  ])('is nothing of %s', (_, bytes) => {
    expect(readerOf(hex(bytes))).toBe(undefined);
  });
});
