import type { PushedMessage } from '@kv/protocol';

/** Where a session pushes what its peer has subscribed to. None of it may throw. */
export interface PushSink {
  /**
   * Whether it takes more at this moment. Nothing is pushed while it does not. When it does again, whoever
   * made it calls {@link Session.pushMore}.
   */
  readonly ready: boolean;
  /**
   * Takes a message for the peer.
   *
   * @param subscription the id of the peer's subscription.
   * @param missed how many messages before it were dropped.
   * @returns false if it is too large for the peer's protocol, and nothing was taken.
   */
  push(message: PushedMessage, subscription: number, missed: number): boolean;
}
