import {
  type ByteWriter,
  type Codec,
  type CommandResponse,
  okResponse,
  type Position,
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
  readonly #first: Position | undefined;
  #response: CommandResponse | undefined;

  /** @param first where the first of those stood whose place it has taken. */
  constructor(change: FeedChange, isShared: boolean, first?: Position) {
    super(isShared);
    this.#change = change;
    this.#first = first;
  }

  override get response(): CommandResponse {
    this.#response ??= { ...okResponse([]), change: changeMessage(this.#change, this.#first) };
    return this.#response;
  }

  /** Without the value that was there before. */
  override get smaller(): PushedChange | undefined {
    if (this.#change.old === undefined) return undefined;
    const less = { ...this.#change, old: undefined, oldKnown: false };
    return new PushedChange(less, false, this.#first);
  }

  /** Its position alone: it can be read again. */
  override get standIn(): PushedProgress {
    return new PushedProgress(this.#change.position);
  }

  /** Of each key, the last change says it all. */
  override get key(): string {
    return this.#change.key;
  }

  /** With the value that was there before the earlier one. */
  override replacing(earlier: PushedMessage): PushedMessage {
    if (!(earlier instanceof PushedChange)) return this;
    const { old, oldKnown, position } = earlier.#change;
    return new PushedChange({ ...this.#change, old, oldKnown }, false, earlier.#first ?? position);
  }

  override get bytes(): number {
    return memoryOf(this.#change);
  }

  protected override encode(out: ByteWriter, codec: Codec): void {
    const isOne = this.#first === undefined;
    if (isOne && codec === straightLineCodec) out.write(encodedChange(this.#change));
    else super.encode(out, codec);
  }
}
