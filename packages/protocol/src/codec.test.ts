import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteWriter } from './byte-writer.js';
import type { Codec } from './codec.js';
import { KvError } from './kv-error.js';
import {
  type CommandRequest,
  type CommandResponse,
  commandRequest,
  type KvpairMessage,
  type ValueMessage,
} from './messages.js';
import { reflectionCodec } from './reflection-codec.js';
import { okResponse, pageResponse } from './response.js';
import { straightLineCodec } from './straight-line-codec.js';
import { request, response } from './testing/arbitrary-messages.js';
import { valueToMessage } from './value.js';

const HSET = commandRequest('hset', {
  table: 'table1',
  pair: { key: 'hello', value: { value: { case: 'string', value: 'world' } } },
});

function hex(bytes: string): Uint8Array {
  return new Uint8Array(Buffer.from(bytes.replaceAll(' ', ''), 'hex'));
}

function encoded(append: (out: ByteWriter) => void): Uint8Array {
  const out = new ByteWriter();
  append(out);
  return new Uint8Array(out.take());
}

/** Decodes the bytes where they lie in the middle of others. */
function decodeWithin<Message>(
  bytes: Uint8Array,
  decode: (bytes: Uint8Array, start: number, end: number) => Message,
): Message {
  const around = new Uint8Array(bytes.length + 20).fill(0xff);
  around.set(bytes, 7);
  return decode(around, 7, 7 + bytes.length);
}

function thrownBy(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return error;
  }
}

describe.each<[string, Codec]>([
  ['straight-line', straightLineCodec],
  ['reflection', reflectionCodec],
])('the %s codec', (_name, codec) => {
  const requestBytes = (message: CommandRequest): Uint8Array =>
    encoded((out) => codec.encodeRequest(message, out));
  const responseBytes = (message: CommandResponse): Uint8Array =>
    encoded((out) => codec.encodeResponse(message, out));
  const decodeRequest = (bytes: Uint8Array): CommandRequest =>
    codec.decodeRequest(bytes, 0, bytes.length);
  const decodeResponse = (bytes: Uint8Array): CommandResponse =>
    codec.decodeResponse(bytes, 0, bytes.length);

  it.each<[string, CommandRequest, string]>([
    [
      'HSET',
      HSET,
      '22 1a 0a 06 74 61 62 6c 65 31 12 10 0a 05 68 65 6c 6c 6f 12 07 0a 05 77 6f 72 6c 64',
    ],
    // As the reference implementation has the three: ours are the fields from 16 on.
    [
      'Subscribe to a topic',
      commandRequest('subscribe', {
        topic: 'news',
        pattern: '',
        maxMessages: 0,
        maxBytes: 0,
        overflow: '',
      }),
      '52 06 0a 04 6e 65 77 73',
    ],
    [
      'Unsubscribe',
      commandRequest('unsubscribe', { topic: 'news', id: 7 }),
      '5a 08 0a 04 6e 65 77 73 10 07',
    ],
    [
      'Publish',
      commandRequest('publish', {
        topic: 'news',
        data: [valueToMessage('hi'), valueToMessage(1n)],
      }),
      '62 10 0a 04 6e 65 77 73 12 04 0a 02 68 69 12 02 18 01',
    ],
    ['no command', { requestData: { case: undefined } }, ''],
  ])('has these bytes for a request: %s', (_, message, bytes) => {
    expect(requestBytes(message)).toEqual(hex(bytes));
    expect(decodeRequest(hex(bytes))).toStrictEqual(message);
  });

  it.each<[string, CommandResponse, string]>([
    [
      "the first HSET's empty value",
      okResponse([{ value: { case: undefined } }]),
      '08 c8 01 1a 00',
    ],
    [
      "HEXIST's false, a default that is sent",
      okResponse([{ value: { case: 'bool', value: false } }]),
      '08 c8 01 1a 02 28 00',
    ],
  ])('has these bytes for a response: %s', (_, message, bytes) => {
    expect(responseBytes(message)).toEqual(hex(bytes));
    expect(decodeResponse(hex(bytes))).toStrictEqual(message);
  });
  it('gives back every request as it was, wherever it lies', () => {
    fc.assert(
      fc.property(request, (message) => {
        const bytes = requestBytes(message);
        expect(decodeWithin(bytes, codec.decodeRequest)).toStrictEqual(message);
      }),
    );
  });

  it('gives back every response as it was, wherever it lies', () => {
    fc.assert(
      fc.property(response, (message) => {
        const bytes = responseBytes(message);
        expect(decodeWithin(bytes, codec.decodeResponse)).toStrictEqual(message);
      }),
    );
  });

  it('appends to what has been written before', () => {
    const out = new ByteWriter();
    codec.encodeRequest(HSET, out);
    codec.encodeRequest(HSET, out);
    expect([...out.take()]).toEqual([...requestBytes(HSET), ...requestBytes(HSET)]);
  });

  it('decodes to plain objects and arrays, with no names of types in them', () => {
    const prototypes = new Set<unknown>();
    const names = new Set<string>();
    const visit = (field: unknown): void => {
      if (typeof field !== 'object' || field === null || field instanceof Uint8Array) return;
      prototypes.add(Object.getPrototypeOf(field));
      for (const [name, inner] of Object.entries(field)) {
        names.add(name);
        visit(inner);
      }
    };
    const pairOf: KvpairMessage = { key: 'k', value: { value: { case: 'float', value: 1 } } };
    visit(decodeRequest(requestBytes(commandRequest('hmset', { table: 't', pairs: [pairOf] }))));
    visit(decodeResponse(responseBytes(okResponse([{ value: { case: undefined } }], [pairOf]))));
    expect(prototypes).toEqual(new Set([Object.prototype, Array.prototype]));
    expect([...names].filter((name) => name.startsWith('$'))).toEqual([]);
  });

  it.each<[string, (bytes: Uint8Array) => Uint8Array]>([
    ['a Uint8Array', (bytes) => bytes],
    ['a Buffer', (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)],
  ])('owns what it decoded from %s, which may be written over', (_, input) => {
    const carried: ValueMessage = { value: { case: 'binary', value: Uint8Array.of(1, 2, 3) } };
    const set = commandRequest('hset', { table: 't', pair: { key: 'k', value: carried } });
    const asked = input(requestBytes(set));
    const answered = input(responseBytes(okResponse([carried])));
    const decoded = [decodeRequest(asked), decodeResponse(answered)];
    asked.fill(0);
    answered.fill(0);
    expect(decoded).toStrictEqual([set, okResponse([carried])]);
  });

  it.each([
    ['at the end', '0a 06 0a 01 74 12 01 6b', 'a0 06 01'],
    ['at the beginning', '', 'a2 06 02 61 62 0a 06 0a 01 74 12 01 6b'],
    ['within the command', '', '0a 09 0a 01 74 12 01 6b a0 06 01'],
  ])('skips fields of a request that it does not know: %s', (_, before, after) => {
    expect(decodeRequest(hex(before + after))).toStrictEqual(
      commandRequest('hget', { table: 't', key: 'k' }),
    );
  });

  it('takes a command that it does not know for none', () => {
    expect(decodeRequest(hex('6a 03 0a 01 74'))).toStrictEqual({
      requestData: { case: undefined },
    });
  });

  it.each<[string, CommandResponse, string]>([
    ['none', okResponse([]), '08 c8 01'],
    ['an empty one', pageResponse([], new Uint8Array(0)), '08 c8 01 82 01 00'],
    ['one', pageResponse([], Uint8Array.of(7, 8)), '08 c8 01 82 01 02 07 08'],
  ])('tells whether a response has a cursor: %s', (_, message, bytes) => {
    expect(responseBytes(message)).toEqual(hex(bytes));
    expect(decodeResponse(hex(bytes))).toStrictEqual(message);
  });

  it.each<[string, CommandResponse, string]>([
    [
      'what is pushed, whose subscription stands behind what is the same for all',
      { ...okResponse([valueToMessage('v')]), topic: 't', subscription: 7, missed: 2 },
      '08 c8 01 1a 03 0a 01 76 8a 01 01 74 98 01 07 a8 01 02',
    ],
    ['an answer to Publish', { ...okResponse([]), delivered: 0 }, '08 c8 01 a0 01 00'],
  ])('has these bytes for %s', (_, message, bytes) => {
    expect(responseBytes(message)).toEqual(hex(bytes));
    expect(decodeResponse(hex(bytes))).toStrictEqual(message);
  });

  it('skips fields of a response that it does not know', () => {
    expect(decodeResponse(hex('08 c8 01 a2 06 02 08 01'))).toStrictEqual(okResponse([]));
  });

  it.each([
    ['a field that breaks off', '0a 06 0a 01 74'],
    ['a tag that breaks off', 'ff'],
    ['a length beyond the end', '12 7f'],
    ['field number 0', '00 01'],
    ['a wire type that there is not', '0f'],
  ])('refuses bytes that are no message: %s', (_, bytes) => {
    expect(thrownBy(() => decodeRequest(hex(bytes)))).toMatchObject({
      name: 'KvError',
      code: 'INVALID_COMMAND',
      message: 'Command is invalid: `Request cannot be decoded`',
      cause: expect.any(Error),
    });
    expect(thrownBy(() => decodeResponse(hex(bytes)))).toMatchObject({
      name: 'KvError',
      code: 'INTERNAL',
      message: 'The answer cannot be decoded',
      cause: expect.any(Error),
    });
  });

  it('refuses text that is no UTF-8, which would make two keys one', () => {
    expect(() => decodeRequest(hex('0a 06 0a 01 74 12 01 ff'))).toThrow(KvError);
  });

  it('throws nothing but a KvError, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        for (const decode of [decodeRequest, decodeResponse]) {
          const outcome = thrownBy(() => decode(bytes));
          expect(outcome instanceof Error && !(outcome instanceof KvError)).toBe(false);
        }
      }),
    );
  });
});
