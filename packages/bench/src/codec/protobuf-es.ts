import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { type Codec, CommandRequestSchema, CommandResponseSchema } from '@kv/protocol';
import type { CodecSubject } from './subject.js';

type RequestInit = MessageInitShape<typeof CommandRequestSchema>;
type ResponseInit = MessageInitShape<typeof CommandResponseSchema>;

/**
 * protobuf-es as its users call it: no copy of the bytes, no plain objects, and its own messages,
 * made beforehand, to encode.
 */
const codec: Codec = {
  decodeRequest: (bytes, start, end) =>
    fromBinary(CommandRequestSchema, bytes.subarray(start, end)),
  encodeRequest: (request, out) =>
    out.write(toBinary(CommandRequestSchema, request as ReturnType<typeof requestOf>)),
  decodeResponse: (bytes, start, end) =>
    fromBinary(CommandResponseSchema, bytes.subarray(start, end)),
  encodeResponse: (response, out) =>
    out.write(toBinary(CommandResponseSchema, response as ReturnType<typeof responseOf>)),
};

const requestOf = (plain: RequestInit) => create(CommandRequestSchema, plain);
const responseOf = (plain: ResponseInit) => create(CommandResponseSchema, plain);

export const protobufEs: CodecSubject = { codec, request: requestOf, response: responseOf };
