import type { Duplex } from 'node:stream';

/** Where to listen: a host and port, or the path of a unix socket. */
export type ListenOptions =
  | {
      readonly host?: string | undefined;
      readonly port?: number | undefined;
      readonly path?: undefined;
    }
  | { readonly path: string };

/** Where a transport listens. */
export interface ListenAddress {
  /** In a form that clients take: `kv://127.0.0.1:9527`, or `unix:/run/kv.sock`. */
  readonly url: string;
  /** The port; absent for a unix socket. */
  readonly port?: number;
}

/**
 * What every transport is to those who start it: it takes an engine when it is made, brings peers'
 * requests to sessions of it, and answers them in the peers' protocol.
 */
export interface Transport extends AsyncDisposable {
  /** The name that hooks and figures know it by. */
  readonly name: string;
  /**
   * Accepts connections, until `close`.
   *
   * @throws the error of the operating system, `EADDRINUSE` for instance.
   * @throws {RangeError} if the path of a unix socket is too long for one.
   */
  listen(options?: ListenOptions): Promise<ListenAddress>;
  /** Serves a peer on a stream that somebody else has opened. */
  handle(stream: Duplex, address?: string): void;
  /**
   * Accepts no more, answers what is under way, and cuts the connections that are left when the drain
   * time is over. Calling it again waits for the same end. The engine stays open.
   */
  close(): Promise<void>;
}
