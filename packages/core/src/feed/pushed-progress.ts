import {
  type CommandResponse,
  okResponse,
  type Position,
  PushedMessage,
  positionToMessage,
} from '@kv/protocol';

/** Tells a watch how far it has come, without a change. */
export class PushedProgress extends PushedMessage {
  override readonly response: CommandResponse;
  readonly #isStandIn: boolean;

  /** @param isStandIn whether there is a change at this position, which is too large to be sent. */
  constructor(position: Position, isStandIn: boolean) {
    super(false);
    this.response = { ...okResponse([]), position: positionToMessage(position) };
    this.#isStandIn = isStandIn;
  }

  override get isStandIn(): boolean {
    return this.#isStandIn;
  }
}
