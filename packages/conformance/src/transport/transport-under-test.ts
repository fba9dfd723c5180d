import type { CommandRequest, CommandResponse } from '@kv/core';

/** What the suite asks a transport to be started with. */
export interface TransportOptions {
  /** The most bytes a message may have, either way; the transport's default if absent. */
  readonly maxFrameBytes?: number;
  /** How long `close` waits for what is under way, in milliseconds; the default if absent. */
  readonly drainMs?: number;
}

/** A transport that has been started on an engine and accepts peers. */
export interface TransportUnderTest {
  /** Connects a new peer. Rejects if the transport accepts none any more. */
  connect(): Promise<TransportPeer>;
  /**
   * The transport's graceful close: accepts no more, answers what is under way, ends the connections,
   * and cuts those that are left after the drain time. The suite may call it again.
   */
  close(): Promise<void>;
}

/** The far end of a connection: a client of the test's own, which does what it is told and no more. */
export interface TransportPeer {
  /** Sends requests, all of them in one write. */
  send(...requests: CommandRequest[]): void;
  /** Sends what is well-framed and yet no request. */
  sendUndecodable(): void;
  /**
   * The next answer or pushed message, in the order in which they come in. Rejects if the connection ends
   * first. Calls may be made before they come, and are settled in their order.
   */
  receive(): Promise<CommandResponse>;
  /** Stops reading from the connection, so that the server finds its writes not taken. */
  pause(): void;
  /** Goes on reading. */
  resume(): void;
  /** Half-closes: nothing more will be sent, answers are still read. */
  end(): void;
  /** Ends the connection abruptly, both ways. May be called on one that has ended. */
  cut(): void;
  /**
   * Resolves when the server has ended the connection, or it is gone otherwise; the peer then ends its
   * side too. Never rejects.
   */
  readonly closed: Promise<void>;
}
