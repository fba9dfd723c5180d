import type { ByteWriter } from './byte-writer.js';
import type { CommandRequest, CommandResponse } from './messages.js';

/**
 * Turns messages into bytes and back. Bytes come as a range of a larger array and go to the end of
 * a shared one, so that neither direction needs an array per message.
 *
 * A decoded message owns its bytes: it stays what it is when `bytes` is written over.
 */
export interface Codec {
  /**
   * @throws {KvError} `INVALID_COMMAND` if the bytes are no CommandRequest. Fields that this version
   * does not know are skipped.
   */
  decodeRequest(bytes: Uint8Array, start: number, end: number): CommandRequest;
  /** Appends the encoded request. */
  encodeRequest(request: CommandRequest, out: ByteWriter): void;
  /** @throws {KvError} `INTERNAL` if the bytes are no CommandResponse. */
  decodeResponse(bytes: Uint8Array, start: number, end: number): CommandResponse;
  /** Appends the encoded response. */
  encodeResponse(response: CommandResponse, out: ByteWriter): void;
}
