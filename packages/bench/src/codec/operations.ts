import {
  ByteWriter,
  type CommandRequest,
  type CommandResponse,
  commandRequest,
  okResponse,
  reflectionCodec,
  valueToMessage,
} from '@kv/protocol';
import { dataSet, TABLE } from '../data.js';
import type { Repeat } from '../rate.js';
import type { CodecSubject } from './subject.js';

/** What is asked of a codec, by the name under which it is shown. */
export type OperationName =
  | 'decode Hset'
  | 'decode Hget'
  | 'encode a response'
  | 'encode Hget'
  | 'decode a response';

/** Prepares an operation for a codec. */
type Operation = (subject: CodecSubject) => Repeat;

/** So many different messages, one after the other: a power of two. */
const MESSAGES = 1024;

/** So many messages are decoded or encoded together, as from one read of a socket into one write. */
const BATCH = 64;

const { keys, values } = dataSet(MESSAGES);

const hgets = keys.map((key) => commandRequest('hget', { table: TABLE, key }));
const hsets = keys.map((key, i) =>
  commandRequest('hset', { table: TABLE, pair: { key, value: valueToMessage(values[i]) } }),
);
const responses = values.map((value) => okResponse([valueToMessage(value)]));

/** All that is asked of a codec. */
export const OPERATIONS: Readonly<Record<OperationName, Operation>> = {
  'decode Hset': (subject) => decodeRequests(subject, hsets),
  'decode Hget': (subject) => decodeRequests(subject, hgets),
  'encode a response': (subject) => {
    const prepared = responses.map(subject.response);
    return encode((i, out) => subject.codec.encodeResponse(prepared[i] as CommandResponse, out));
  },
  'encode Hget': (subject) => {
    const prepared = hgets.map(subject.request);
    return encode((i, out) => subject.codec.encodeRequest(prepared[i] as CommandRequest, out));
  },
  'decode a response': ({ codec }) => {
    const encoded = concatenated(responses, reflectionCodec.encodeResponse);
    return decode(encoded, (start, end) => codec.decodeResponse(encoded.bytes, start, end));
  },
};

function decodeRequests({ codec }: CodecSubject, requests: readonly CommandRequest[]): Repeat {
  const encoded = concatenated(requests, reflectionCodec.encodeRequest);
  return decode(encoded, (start, end) => codec.decodeRequest(encoded.bytes, start, end));
}

function encode(one: (index: number, out: ByteWriter) => void): Repeat {
  const out = new ByteWriter();
  return (count) => {
    for (let i = 0; i < count; i++) {
      if (i % BATCH === 0) out.length = 0;
      one(i & (MESSAGES - 1), out);
    }
  };
}

interface Encoded {
  /** A `Buffer`, as sockets give. */
  readonly bytes: Uint8Array;
  /** Where each message ends, and the next begins. */
  readonly ends: Uint32Array;
}

function decode({ ends }: Encoded, one: (start: number, end: number) => unknown): Repeat {
  return (count) => {
    // Kept for a while, or a compiler might find that nobody wants them.
    let batch: unknown[] = [];
    for (let i = 0; i < count; i++) {
      if (i % BATCH === 0) batch = [];
      const index = i & (MESSAGES - 1);
      const start = index === 0 ? 0 : (ends[index - 1] as number);
      batch.push(one(start, ends[index] as number));
    }
  };
}

function concatenated<Message>(
  messages: readonly Message[],
  encodeOne: (message: Message, out: ByteWriter) => void,
): Encoded {
  const out = new ByteWriter();
  const ends = Uint32Array.from(messages, (message) => {
    encodeOne(message, out);
    return out.length;
  });
  return { bytes: Buffer.from(out.take()), ends };
}
