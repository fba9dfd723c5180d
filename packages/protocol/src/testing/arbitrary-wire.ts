import fc from 'fast-check';

/** A varint, now and then longer than it need be. */
export function varint(value: bigint, padding = 0): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  for (let i = 0; i < padding && bytes.length < 10; i++) {
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 0x80;
    bytes.push(0);
  }
  return bytes;
}

const anyVarint: fc.Arbitrary<number[]> = fc
  .tuple(
    fc.oneof(fc.bigInt({ min: 0n, max: 200n }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
    fc.nat({ max: 3 }),
  )
  .map(([value, padding]) => varint(value, padding));

const fixed = (length: number): fc.Arbitrary<number[]> =>
  fc.array(fc.nat({ max: 255 }), { minLength: length, maxLength: length });

const delimited = (payload: fc.Arbitrary<number[]>): fc.Arbitrary<number[]> =>
  payload.map((bytes) => [...varint(BigInt(bytes.length)), ...bytes]);

const field = (
  number: number | fc.Arbitrary<number>,
  wireType: number,
  payload: fc.Arbitrary<number[]>,
): fc.Arbitrary<number[]> =>
  fc
    .tuple(typeof number === 'number' ? fc.constant(number) : number, payload)
    .map(([no, bytes]) => [...varint(BigInt(no * 8 + wireType)), ...bytes]);

const fields = (...kinds: fc.Arbitrary<number[]>[]): fc.Arbitrary<number[]> =>
  fc.array(fc.oneof(...kinds, unknown), { maxLength: 4 }).map((list) => list.flat());

/** A field that no message has, groups within groups included. */
const unknown: fc.Arbitrary<number[]> = fc.letrec<{ any: number[]; group: number[] }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    field(strange(), 0, anyVarint),
    field(strange(), 1, fixed(8)),
    field(strange(), 2, delimited(fc.array(fc.nat({ max: 255 }), { maxLength: 8 }))),
    field(strange(), 5, fixed(4)),
    tie('group'),
  ),
  group: fc
    .tuple(strange(), fc.array(tie('any'), { maxLength: 3 }))
    .map(([no, inner]) => [
      ...varint(BigInt(no * 8 + 3)),
      ...inner.flat(),
      ...varint(BigInt(no * 8 + 4)),
    ]),
})).any;

function strange(): fc.Arbitrary<number> {
  return fc.oneof(fc.integer({ min: 100, max: 200 }), fc.constant(2 ** 29 - 1));
}

const string = delimited(
  fc.string({ unit: 'binary', maxLength: 30 }).map((text) => [...Buffer.from(text)]),
);
const bytes = delimited(fc.array(fc.nat({ max: 255 }), { maxLength: 30 }));

const value = fields(
  field(1, 2, string),
  field(2, 2, bytes),
  field(3, 0, anyVarint),
  field(4, 1, fixed(8)),
  field(5, 0, anyVarint),
);
const pair = fields(field(1, 2, string), field(2, 2, delimited(value)));
const tableAndNames = fields(field(1, 2, string), field(2, 2, string));
const tableAndPairs = fields(field(1, 2, string), field(2, 2, delimited(pair)));

const scan = fields(
  field(1, 2, string),
  field(2, 2, bytes),
  field(3, 0, anyVarint),
  field(4, 2, string),
);

/**
 * The bytes of a request as any encoder might write them, and then some: fields in any order, more than
 * once, unknown ones between them, lengths and tags that are longer than they need be.
 */
export const requestBytes: fc.Arbitrary<Uint8Array> = fields(
  field(fc.constantFrom(1, 3, 6, 7, 8, 9), 2, delimited(tableAndNames)),
  field(2, 2, delimited(fields(field(1, 2, string)))),
  field(fc.constantFrom(4, 5), 2, delimited(tableAndPairs)),
  field(32, 2, delimited(scan)),
  field(33, 2, delimited(fields())),
).map((list) => Uint8Array.from(list));

/** The same for a response. */
export const responseBytes: fc.Arbitrary<Uint8Array> = fields(
  field(1, 0, anyVarint),
  field(2, 2, string),
  field(3, 2, delimited(value)),
  field(4, 2, delimited(pair)),
  field(16, 2, bytes),
).map((list) => Uint8Array.from(list));
