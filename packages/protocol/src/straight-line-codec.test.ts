import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteWriter } from './byte-writer.js';
import type { Codec } from './codec.js';
import { KvError } from './kv-error.js';
import { reflectionCodec } from './reflection-codec.js';
import { straightLineCodec } from './straight-line-codec.js';
import { request, response } from './testing/arbitrary-messages.js';
import { requestBytes, responseBytes, varint } from './testing/arbitrary-wire.js';

type Decoder = 'decodeRequest' | 'decodeResponse';

/** What a codec makes of bytes; `undefined` if it refuses them. */
function decoded(codec: Codec, decode: Decoder, bytes: Uint8Array): unknown {
  try {
    return codec[decode](bytes, 0, bytes.length);
  } catch (error) {
    expect(error).toBeInstanceOf(KvError);
    return undefined;
  }
}

function encoded(append: (out: ByteWriter) => void): number[] {
  const out = new ByteWriter();
  append(out);
  return [...out.take()];
}

const hex = (text: string): Uint8Array =>
  Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

const MANY = { numRuns: 2000 };

describe('beside the codec of protobuf-es, the straight-line codec', () => {
  it('writes the same bytes', () => {
    fc.assert(
      fc.property(request, response, (asked, answered) => {
        const bytes = (codec: Codec): number[][] => [
          encoded((out) => codec.encodeRequest(asked, out)),
          encoded((out) => codec.encodeResponse(answered, out)),
        ];
        expect(bytes(straightLineCodec)).toEqual(bytes(reflectionCodec));
      }),
      MANY,
    );
  });

  it('writes the same bytes for text and binary of every length about a varint’s steps', () => {
    const lengths = [
      0, 1, 15, 16, 17, 47, 48, 49, 63, 120, 121, 122, 123, 124, 125, 126, 127, 128, 129,
    ];
    for (const length of [...lengths, 16_379, 16_383, 16_384, 65_535, 65_536, 2_097_152]) {
      for (const text of ['x'.repeat(length), 'é'.repeat(length), '語'.repeat(length)]) {
        const binary = Buffer.from(text);
        const asked = (codec: Codec): Buffer => {
          const out = new ByteWriter();
          const pairs = [
            { key: text, value: { value: { case: 'string' as const, value: text } } },
            { key: '', value: { value: { case: 'binary' as const, value: binary } } },
          ];
          codec.encodeRequest(
            { requestData: { case: 'hmset', value: { table: 't', pairs } } },
            out,
          );
          return Buffer.from(out.take());
        };
        expect(asked(straightLineCodec).equals(asked(reflectionCodec))).toBe(true);
      }
    }
  });

  it.each<[Decoder, fc.Arbitrary<Uint8Array>]>([
    ['decodeRequest', requestBytes],
    ['decodeResponse', responseBytes],
  ])('reads the same from whatever an encoder may write: %s', (decode, arbitrary) => {
    fc.assert(
      fc.property(arbitrary, (bytes) => {
        const theirs = decoded(reflectionCodec, decode, bytes);
        expect(theirs).toBeDefined();
        expect(decoded(straightLineCodec, decode, bytes)).toStrictEqual(theirs);
      }),
      MANY,
    );
  });

  it.each<[Decoder, fc.Arbitrary<Uint8Array>]>([
    ['decodeRequest', requestBytes],
    ['decodeResponse', responseBytes],
  ])(
    'takes nothing that is refused there, and reads the same from what it takes: %s',
    (decode, arbitrary) => {
      const spoilt = fc
        .tuple(arbitrary, fc.nat(), fc.nat({ max: 255 }), fc.nat())
        .map(([bytes, at, byte, end]) => {
          const changed = bytes.slice(0, bytes.length - (end % 3));
          if (changed.length > 0) changed[at % changed.length] = byte;
          return changed;
        });
      fc.assert(
        fc.property(fc.oneof(spoilt, fc.uint8Array({ maxLength: 40 })), (bytes) => {
          const ours = decoded(straightLineCodec, decode, bytes);
          if (ours !== undefined)
            expect(ours).toStrictEqual(decoded(reflectionCodec, decode, bytes));
        }),
        { numRuns: 5000 },
      );
    },
  );

  it('refuses every beginning of a message that breaks off within a field', () => {
    const whole = hex('22 1a 0a 06 7461626c6531 12 10 0a 05 68656c6c6f 12 07 0a 05 776f726c64');
    for (let length = 1; length < whole.length; length++) {
      // Where other bytes follow, as in a buffer that many frames share.
      const around = Uint8Array.from([...whole.slice(0, length), ...whole]);
      expect(() => straightLineCodec.decodeRequest(around, 0, length)).toThrow(KvError);
    }
  });
});

describe('a known field of the wrong wire type', () => {
  it.each<[Decoder, string, string]>([
    ['decodeRequest', 'a varint for a command', '08 01'],
    ['decodeRequest', 'a varint for a table', '0a 02 08 61'],
    ['decodeRequest', 'a varint for a pair', '22 02 10 00'],
    ['decodeRequest', 'a group for a command', '0b 0c'],
    [
      'decodeRequest',
      'a fixed 64-bit number for an integer',
      '22 0d 12 0b 12 09 19 0000000000000000',
    ],
    ['decodeResponse', 'text for a status', '0a 01 61'],
    ['decodeResponse', 'a fixed 32-bit number for a status', '0d 00000000'],
  ])('is refused, which protobuf-es does not do: %s, %s', (decode, _, bytes) => {
    expect(decoded(straightLineCodec, decode, hex(bytes))).toBeUndefined();
  });
});

describe('a field that is longer than its message', () => {
  it.each([
    ['a text', '0a 03 0a 02 61', '62'],
    ['a message', '22 04 12 03 12 01', '0a 00'],
    ['a varint', '22 05 12 03 12 01 18', '01'],
    ['a double', '22 06 12 04 12 02 21 00', '00 00 00 00 00 00 00'],
    ['an unknown field', '0a 02 a2 06', '01 00'],
  ])('is refused, though the bytes are there: %s', (_, inside, outside) => {
    const bytes = hex(inside + outside);
    expect(decoded(straightLineCodec, 'decodeRequest', bytes)).toBeUndefined();
  });
});

describe('nesting and length that are meant to hurt', () => {
  const START = varint(100n * 8n + 3n);
  const END = varint(100n * 8n + 4n);
  const groups = (depth: number): Uint8Array =>
    Uint8Array.from([
      ...Array.from({ length: depth }, () => START).flat(),
      ...Array.from({ length: depth }, () => END).flat(),
    ]);

  it('groups are passed over as deep as 97, and refused deeper, as protobuf-es does a little later', () => {
    expect(decoded(straightLineCodec, 'decodeRequest', groups(97))).toBeDefined();
    expect(decoded(straightLineCodec, 'decodeRequest', groups(98))).toBeUndefined();
    expect(decoded(reflectionCodec, 'decodeRequest', groups(97))).toBeDefined();
  });

  it('a million open groups end in a refusal, not in a stack overflow', () => {
    const open = new Uint8Array(2_000_000).fill(0x0b);
    expect(decoded(straightLineCodec, 'decodeRequest', open)).toBeUndefined();
  });

  it('a million groups one after the other are passed over', () => {
    const pair = [...START, ...END];
    const bytes = new Uint8Array(1_000_000 * pair.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = pair[i % pair.length] ?? 0;
    expect(decoded(straightLineCodec, 'decodeRequest', bytes)).toEqual({ requestData: {} });
  });

  it('a varint of eleven bytes is refused', () => {
    for (const bytes of [[0x08], [0xa0, 0x06], []]) {
      const long = Uint8Array.from([...bytes, ...new Array(10).fill(0x80), 0]);
      expect(decoded(straightLineCodec, 'decodeResponse', long)).toBeUndefined();
    }
  });

  it.each([
    ['an overlong form', 'c0 80'],
    ['a surrogate', 'ed a0 80'],
    ['beyond Unicode', 'f4 90 80 80'],
    ['broken off', 'e2 82'],
    ['a byte alone', '80'],
  ])('text that is no UTF-8 is refused, however long: %s', (_, bad) => {
    for (const length of [0, 5, 16, 17, 60, 2000]) {
      const text = [...new Array(length).fill(0x61), ...hex(bad)];
      const hgetall = [0x0a, ...varint(BigInt(text.length)), ...text];
      const bytes = Uint8Array.from([0x12, ...varint(BigInt(hgetall.length)), ...hgetall]);
      expect(decoded(straightLineCodec, 'decodeRequest', bytes)).toBeUndefined();
    }
  });

  it('text may hold U+FFFD, and begin with a byte order mark', () => {
    for (const table of [
      '\ufffd',
      `${'x'.repeat(60)}\ufffd`,
      '\ufeffx',
      `\ufeff${'x'.repeat(60)}`,
    ]) {
      const asked = { requestData: { case: 'hgetall' as const, value: { table } } };
      const bytes = Uint8Array.from(encoded((out) => reflectionCodec.encodeRequest(asked, out)));
      expect(decoded(straightLineCodec, 'decodeRequest', bytes)).toStrictEqual(asked);
    }
  });
});

describe('what cannot be encoded', () => {
  it.each([[-1], [0.5], [2 ** 32], [Number.NaN]])('is refused: the status %d', (status) => {
    const answered = { status, message: '', values: [], pairs: [] };
    expect(() => encoded((out) => straightLineCodec.encodeResponse(answered, out))).toThrow(
      RangeError,
    );
  });
});
