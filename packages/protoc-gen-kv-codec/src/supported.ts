import { type DescField, type DescMessage, type DescOneof, ScalarType } from '@bufbuild/protobuf';

/** How a scalar type is written and read, and what an absent field of it is. */
export interface Scalar {
  /** The wire type. */
  readonly wireType: 0 | 1 | 2;
  /** The function that writes a field. */
  readonly write: string;
  /** The call that reads a value, on a `reader`, up to `end`. */
  readonly read: string;
  /** The default value, as code. */
  readonly zero: string;
  /** Whether a value is another than the default, and so is written; as code. */
  readonly present: (value: string) => string;
}

/** The types that there are so far. Another one needs a line here, and a function on each side. */
const SCALARS: ReadonlyMap<ScalarType, Scalar> = new Map<ScalarType, Scalar>([
  [
    ScalarType.UINT32,
    {
      wireType: 0,
      write: 'writeUint32',
      read: 'uint32()',
      zero: '0',
      present: (value) => `${value} !== 0`,
    },
  ],
  [
    ScalarType.INT64,
    {
      wireType: 0,
      write: 'writeInt64',
      read: 'int64()',
      zero: '0n',
      present: (value) => `${value} !== 0n`,
    },
  ],
  [
    ScalarType.BOOL,
    { wireType: 0, write: 'writeBool', read: 'bool()', zero: 'false', present: (value) => value },
  ],
  [
    ScalarType.DOUBLE,
    {
      wireType: 1,
      write: 'writeDouble',
      read: 'double(end)',
      zero: '0',
      // -0 is another number than 0 here.
      present: (value) => `!Object.is(${value}, 0)`,
    },
  ],
  [
    ScalarType.STRING,
    {
      wireType: 2,
      write: 'writeString',
      read: 'string(end)',
      zero: "''",
      present: (value) => `${value} !== ''`,
    },
  ],
  [
    ScalarType.BYTES,
    {
      wireType: 2,
      write: 'writeBytes',
      read: 'bytes(end)',
      zero: 'new Uint8Array(0)',
      present: (value) => `${value}.length > 0`,
    },
  ],
]);

/** @throws {Error} for a type that the plugin does not know. */
export function scalarOf(type: ScalarType, field: DescField): Scalar {
  const scalar = SCALARS.get(type);
  if (scalar === undefined) throw unsupported(field, `its type, ${ScalarType[type]}`);
  return scalar;
}

/** What the plugin makes of a field. An optional one is `undefined` if it is absent. */
export type FieldShape =
  | { readonly kind: 'scalar'; readonly scalar: Scalar; readonly presence: Presence }
  | { readonly kind: 'message'; readonly message: DescMessage; readonly presence: Presence };

type Presence = 'single' | 'optional' | 'repeated';

/** @throws {Error} for a field of a kind that the plugin does not know. */
export function shapeOf(field: DescField): FieldShape {
  switch (field.fieldKind) {
    case 'scalar':
      return {
        kind: 'scalar',
        scalar: scalarOf(field.scalar, field),
        presence: field.proto.proto3Optional ? 'optional' : 'single',
      };
    case 'message':
      return { kind: 'message', message: field.message, presence: 'optional' };
    case 'list':
      if (field.listKind === 'message') {
        return { kind: 'message', message: field.message, presence: 'repeated' };
      }
      if (field.listKind === 'enum') throw unsupported(field, 'that it is a list of an enum');
      if (field.packed) throw unsupported(field, 'that it is a packed list');
      return { kind: 'scalar', scalar: scalarOf(field.scalar, field), presence: 'repeated' };
    default:
      throw unsupported(field, `that it is of the kind ${field.fieldKind}`);
  }
}

/** The number that stands before a field on the wire: its own, and its wire type. */
export function tagOf(field: DescField): number {
  const shape = shapeOf(field);
  return field.number * 8 + (shape.kind === 'message' ? 2 : shape.scalar.wireType);
}

/**
 * Refuses what the generated code would get wrong.
 *
 * @throws {Error} for a message that contains itself, whose decoder could be sent arbitrarily deep; and for
 * a oneof whose fields do not stand together, which could not be written in the order of the fields.
 */
export function checkMessage(message: DescMessage): void {
  if (contains(message, message, new Set())) throw new Error(`${message} contains itself`);
  for (const oneof of message.oneofs) checkOneof(message, oneof);
}

function checkOneof({ fields }: DescMessage, oneof: DescOneof): void {
  const numbers = oneof.fields.map(({ number }) => number);
  const [first, last] = [Math.min(...numbers), Math.max(...numbers)];
  const stranger = fields.find(
    (field) => field.oneof !== oneof && field.number > first && field.number < last,
  );
  if (stranger !== undefined)
    throw unsupported(stranger, `that it stands amid the fields of ${oneof}`);
}

function contains(outer: DescMessage, wanted: DescMessage, seen: Set<DescMessage>): boolean {
  return outer.fields.some(({ message }) => {
    if (message === undefined || seen.has(message)) return false;
    seen.add(message);
    return message === wanted || contains(message, wanted, seen);
  });
}

function unsupported(field: DescField, what: string): Error {
  return new Error(`${field}: the codec plugin does not support ${what}`);
}
