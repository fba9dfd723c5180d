import {
  create,
  type DescMessage,
  fromBinary,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import type { ByteWriter } from './byte-writer.js';
import type { Codec } from './codec.js';
import { CommandRequestSchema, CommandResponseSchema } from './gen/abi/abi_pb.js';
import { KvError } from './kv-error.js';
import type { Plain } from './messages.js';

/** The codec of protobuf-es: slow, and the measure of what is right. */
export const reflectionCodec: Codec = {
  decodeRequest(bytes, start, end) {
    try {
      return decode(CommandRequestSchema, bytes, start, end);
    } catch (cause) {
      throw KvError.invalidCommand('Request cannot be decoded', { cause });
    }
  },
  encodeRequest(request, out) {
    encode(toBinary(CommandRequestSchema, create(CommandRequestSchema, request)), out);
  },
  decodeResponse(bytes, start, end) {
    try {
      return decode(CommandResponseSchema, bytes, start, end);
    } catch (cause) {
      throw new KvError('INTERNAL', 'The answer cannot be decoded', { cause });
    }
  },
  encodeResponse(response, out) {
    encode(toBinary(CommandResponseSchema, create(CommandResponseSchema, response)), out);
  },
};

function decode<Desc extends DescMessage>(
  schema: Desc,
  bytes: Uint8Array,
  start: number,
  end: number,
): Plain<MessageShape<Desc>> {
  // Decoded `bytes` fields alias their input, so the message gets a copy of its own. Not
  // `bytes.slice`: a Buffer's would be no copy.
  const own = new Uint8Array(end - start);
  own.set(bytes.subarray(start, end));
  return plain(fromBinary(schema, own, { readUnknownFields: false })) as Plain<MessageShape<Desc>>;
}

function encode(encoded: Uint8Array, out: ByteWriter): void {
  out.write(encoded);
}

function plain(field: unknown): unknown {
  if (Array.isArray(field)) return field.map(plain);
  if (typeof field !== 'object' || field === null || field instanceof Uint8Array) return field;
  return Object.fromEntries(
    Object.entries(field)
      .filter(([name]) => name !== '$typeName')
      .map(([name, value]) => [name, plain(value)]),
  );
}
