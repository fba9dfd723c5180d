import type { Codec } from './codec.js';
import {
  decodeCommandRequest,
  decodeCommandResponse,
  encodeCommandRequest,
  encodeCommandResponse,
} from './gen/abi/abi_codec.js';
import { KvError } from './kv-error.js';
import { WireReader } from './wire/wire-reader.js';
import { withoutStack } from './without-stack.js';

/** Decoding calls nothing that could decode in turn, so one will do. */
const reader = new WireReader();

/**
 * The codec in use: generated code that reads and writes the messages field by field. What it does is
 * what {@link reflectionCodec} does, save that a known field of the wrong wire type, and a field that
 * is longer than the message around it, are refused.
 */
export const straightLineCodec: Codec = {
  decodeRequest(bytes, start, end) {
    try {
      reader.reset(bytes, start);
      return decodeCommandRequest(reader, end);
    } catch (cause) {
      throw withoutStack(() => KvError.invalidCommand('Request cannot be decoded', { cause }));
    }
  },
  encodeRequest: encodeCommandRequest,
  decodeResponse(bytes, start, end) {
    try {
      reader.reset(bytes, start);
      return decodeCommandResponse(reader, end);
    } catch (cause) {
      throw withoutStack(() => new KvError('INTERNAL', 'The answer cannot be decoded', { cause }));
    }
  },
  encodeResponse: encodeCommandResponse,
};
