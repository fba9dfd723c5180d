import type { Codec, CommandRequest, CommandResponse } from '@kv/protocol';

/** A codec under measurement. */
export interface CodecSubject {
  readonly codec: Codec;
  /** Makes of a plain message what the codec wants to encode, before anything is measured. */
  request(plain: CommandRequest): CommandRequest;
  response(plain: CommandResponse): CommandResponse;
}
