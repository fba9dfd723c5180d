import {
  type ByteWriter,
  type Codec,
  type CommandResponse,
  okResponse,
  PushedMessage,
  straightLineCodec,
  type Value,
} from '@kv/protocol';
import { changeMessage } from './change-message.js';
import { encodedChange } from './encoded-change.js';
import type { FeedChange } from './feed-change.js';

/** What a change takes in memory besides its key and its values. */
const OBJECT_BYTES = 192;

/** A change that is pushed. It becomes a message for those alone who want one: most want its bytes. */
export class PushedChange extends PushedMessage {
  readonly #change: FeedChange;
  #response: CommandResponse | undefined;

  constructor(change: FeedChange, isShared: boolean) {
    super(isShared);
    this.#change = change;
  }

  override get response(): CommandResponse {
    this.#response ??= { ...okResponse([]), change: changeMessage(this.#change) };
    return this.#response;
  }

  /** Without the value that was there before. */
  override get smaller(): PushedChange | undefined {
    if (this.#change.old === undefined) return undefined;
    return new PushedChange({ ...this.#change, old: undefined, oldKnown: false }, false);
  }

  override get bytes(): number {
    const { key, value, old } = this.#change;
    return OBJECT_BYTES + key.length + lengthOf(value) + lengthOf(old);
  }

  protected override encode(out: ByteWriter, codec: Codec): void {
    if (codec === straightLineCodec) out.write(encodedChange(this.#change));
    else super.encode(out, codec);
  }
}

function lengthOf(value: Value | undefined): number {
  return typeof value === 'string' || value instanceof Uint8Array ? value.length : 0;
}
