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

  constructor(position: Position) {
    super(false);
    this.response = { ...okResponse([]), position: positionToMessage(position) };
  }
}
