import { ByteWriter } from './byte-writer.js';
import type { Codec } from './codec.js';
import type { CommandResponse } from './messages.js';
import { responseBytes } from './response-bytes.js';
import type { Sized } from './sized.js';
import { writeUint32 } from './wire/wire-writer.js';

// The tags of the fields that are written behind what is the same for all subscribers.
const SUBSCRIPTION = 152;
const MISSED = 168;

/** Encoding calls nothing that could encode in turn, so one will do. */
const scratch = new ByteWriter();

/**
 * A message on its way to any number of subscribers: what is the same for all of them, which is all but
 * the subscription's id. Nobody may change it.
 */
export class PushedMessage implements Sized {
  /** The message as it travels, without a subscription. */
  readonly response: CommandResponse;
  #bytes: number | undefined;
  #codec: Codec | undefined;
  #encoded: Uint8Array | undefined;

  constructor(response: CommandResponse) {
    this.response = response;
  }

  get bytes(): number {
    this.#bytes ??= responseBytes(this.response);
    return this.#bytes;
  }

  /**
   * Appends it as it travels to one subscriber. All but the last few bytes are encoded once for all who ask
   * with the same codec.
   *
   * @param missed how many messages before it the subscriber does not get.
   * @throws whatever the codec does, and `out`.
   */
  appendTo(out: ByteWriter, codec: Codec, subscription: number, missed: number): void {
    out.write(this.#encodedBy(codec));
    writeUint32(out, SUBSCRIPTION, subscription);
    if (missed > 0) writeUint32(out, MISSED, missed);
  }

  #encodedBy(codec: Codec): Uint8Array {
    if (this.#encoded === undefined || this.#codec !== codec) {
      scratch.length = 0;
      codec.encodeResponse(this.response, scratch);
      this.#encoded = scratch.take();
      this.#codec = codec;
    }
    return this.#encoded;
  }
}
