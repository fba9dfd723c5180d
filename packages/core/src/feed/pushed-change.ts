import {
  type ByteWriter,
  type Codec,
  type CommandResponse,
  okResponse,
  PushedMessage,
  straightLineCodec,
} from '@kv/protocol';
import { changeMessage } from './change-message.js';
import { encodedChange } from './encoded-change.js';
import { type FeedChange, memoryOf } from './feed-change.js';
import { PushedProgress } from './pushed-progress.js';

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

  /** Without the value that was there before; and then, its position alone. */
  override get smaller(): PushedMessage {
    const { position, old } = this.#change;
    if (old === undefined) return new PushedProgress(position, true);
    return new PushedChange({ ...this.#change, old: undefined, oldKnown: false }, false);
  }

  /** Of each key, the last change says it all. */
  override get key(): string {
    return this.#change.key;
  }

  /** With the value that was there before the earlier one. */
  override replacing(earlier: PushedMessage): PushedMessage {
    if (!(earlier instanceof PushedChange)) return this;
    const { old, oldKnown } = earlier.#change;
    return new PushedChange({ ...this.#change, old, oldKnown }, false);
  }

  override get bytes(): number {
    return memoryOf(this.#change);
  }

  protected override encode(out: ByteWriter, codec: Codec): void {
    if (codec === straightLineCodec) out.write(encodedChange(this.#change));
    else super.encode(out, codec);
  }
}
