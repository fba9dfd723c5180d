import { ByteWriter } from './byte-writer.js';
import type { Codec } from './codec.js';
import { beginFrame, endFrame, type FrameFormat } from './frame.js';
import type { CommandResponse } from './messages.js';
import { responseBytes } from './response-bytes.js';
import type { Sized } from './sized.js';
import { writeUint32 } from './wire/wire-writer.js';

// The tags of the fields that are written behind what is the same for all subscribers.
const SUBSCRIPTION = 152;
const MISSED = 168;

// Encoding calls nothing that could encode in turn, so one will do; and one for what is made of that.
const scratch = new ByteWriter();
const framing = new ByteWriter();

/** A message as it travels to all subscribers with this id. */
interface Frame {
  readonly bytes: Uint8Array;
  readonly subscription: number;
  readonly codec: Codec;
  readonly format: FrameFormat;
}

/**
 * A message on its way to any number of subscribers: what is the same for all of them, which is all but
 * the subscription's id. Nobody may change it.
 */
export abstract class PushedMessage implements Sized {
  /** The message as it travels, without a subscription. */
  abstract readonly response: CommandResponse;
  readonly #isShared: boolean;
  #bytes: number | undefined;
  #codec: Codec | undefined;
  #encoded: Uint8Array | undefined;
  #frame: Frame | undefined;

  /** @param isShared whether it may go to more than one: then what is the same for all is kept, once it is encoded. */
  constructor(isShared: boolean) {
    this.#isShared = isShared;
  }

  /** The same with less in it, for a subscriber to whom it cannot be sent as it is. `undefined` if there is no less of it. */
  get smaller(): PushedMessage | undefined {
    return undefined;
  }

  /**
   * What a subscriber is told who cannot be sent it at all, and has missed it: where to get hold of it otherwise. It takes
   * hardly any room. `undefined` if it is nowhere else.
   */
  get standIn(): PushedMessage | undefined {
    return undefined;
  }

  /** What it shares with those whose place it can take before a slow subscriber; see {@link replacing}. */
  get key(): string | undefined {
    return undefined;
  }

  /** What is told in its place where one with the same key has not been told. */
  replacing(_earlier: PushedMessage): PushedMessage {
    return this;
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
    if (this.#isShared) out.write(this.#encodedBy(codec));
    else this.encode(out, codec);
    writeUint32(out, SUBSCRIPTION, subscription);
    if (missed > 0) writeUint32(out, MISSED, missed);
  }

  /**
   * It as a frame for one subscriber, and for all others who have the same id, as many have who subscribe to
   * one thing each.
   *
   * @returns `undefined` if it has been made for another id, codec or format before, or is for one only. Nobody may
   * change it.
   * @throws {KvError} `TOO_LARGE` if it exceeds the format's limit, and whatever the codec throws.
   */
  frameFor(subscription: number, codec: Codec, format: FrameFormat): Uint8Array | undefined {
    if (!this.#isShared) return undefined;
    this.#frame ??= this.#newFrame(subscription, codec, format);
    const frame = this.#frame;
    const same =
      frame.subscription === subscription && frame.codec === codec && frame.format === format;
    return same ? frame.bytes : undefined;
  }

  /** Appends the response as it travels: what the codec makes of it. */
  protected encode(out: ByteWriter, codec: Codec): void {
    codec.encodeResponse(this.response, out);
  }

  #newFrame(subscription: number, codec: Codec, format: FrameFormat): Frame {
    framing.length = 0;
    const start = beginFrame(framing, format);
    this.appendTo(framing, codec, subscription, 0);
    endFrame(framing, format, start);
    return { bytes: framing.take(), subscription, codec, format };
  }

  #encodedBy(codec: Codec): Uint8Array {
    if (this.#encoded === undefined || this.#codec !== codec) {
      scratch.length = 0;
      this.encode(scratch, codec);
      this.#encoded = scratch.take();
      this.#codec = codec;
    }
    return this.#encoded;
  }
}

/** A response that is pushed. */
export class PushedResponse extends PushedMessage {
  override readonly response: CommandResponse;

  constructor(response: CommandResponse, isShared = true) {
    super(isShared);
    this.response = response;
  }
}
