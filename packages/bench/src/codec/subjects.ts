import { type Codec, reflectionCodec, straightLineCodec } from '@kv/protocol';
import { protobufEs } from './protobuf-es.js';
import type { CodecSubject } from './subject.js';

const own = (codec: Codec): CodecSubject => ({
  codec,
  request: (plain) => plain,
  response: (plain) => plain,
});

/** The codecs, by the names under which they are shown: another one is another line. */
export const CODECS: Readonly<Record<string, CodecSubject>> = {
  straightLineCodec: own(straightLineCodec),
  reflectionCodec: own(reflectionCodec),
  'protobuf-es': protobufEs,
};
