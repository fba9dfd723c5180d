import type { ServerOpts, Socket } from 'node:net';
import {
  createSecureContext,
  createServer,
  type SecureContextOptions,
  type Server,
  type TLSSocket,
  type TlsOptions,
} from 'node:tls';

/** How long a handshake may take unless it is said, in milliseconds. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

/**
 * The options of a TLS server of Node.js: `key` and `cert`; `ca`, `requestCert` and `rejectUnauthorized`
 * for peers that must say who they are; `minVersion`, and so on. `handshakeTimeout` is 10,000 ms by
 * default.
 */
export type TlsServerOptions = Omit<
  TlsOptions,
  keyof ServerOpts | 'ALPNProtocols' | 'ALPNCallback' | 'secureContext'
>;

/** What can be changed while it listens: certificates, keys, whom to trust. */
export type TlsReloadOptions = SecureContextOptions;

/** Who wants to hear of handshakes. */
export interface TlsEvents {
  /** The handshake is done. */
  secured(socket: TLSSocket): void;
  /** It has failed, or was not done in time; the connection is gone. */
  failed(): void;
}

/** Takes accepted connections, of a server that allows none to be half open, through TLS' handshake. */
export class TlsAcceptor {
  #options: TlsServerOptions;
  /** Never listens itself: sockets are handed to it. */
  readonly #server: Server;
  /** Every open connection, whether its handshake is done or not. */
  readonly #sockets: Set<Socket> = new Set();
  /** How many of them are done with it. */
  #secured = 0;

  /** @throws whatever is wrong with a certificate or a key; a TypeError if there are none. */
  constructor(options: TlsServerOptions, { secured, failed }: TlsEvents) {
    checkCertificate(options);
    this.#options = { handshakeTimeout: HANDSHAKE_TIMEOUT_MS, ...said(options) };
    this.#server = createServer({
      ...this.#options,
      // A peer that offers only other protocols is refused; one that offers none is served.
      ALPNProtocols: ['kv'],
    });
    this.#server.on('secureConnection', (socket) => {
      this.#secured++;
      socket.on('close', () => this.#secured--);
      // From now on. A peer that ended before would otherwise be waited for until its time is over.
      socket.allowHalfOpen = true;
      // Who a peer is must not change, and a handshake costs the server more than the peer. Node.js
      // tells of an attempt by an error alone; it is for whoever hears that to end the connection.
      socket.disableRenegotiation();
      socket.on('error', () => socket.destroy());
      secured(socket);
    });
    this.#server.on('tlsClientError', (_, socket) => {
      socket.destroy();
      failed();
    });
  }

  /** Connections whose handshake is under way. */
  get pending(): number {
    return this.#sockets.size - this.#secured;
  }

  accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    this.#server.emit('connection', socket);
  }

  /**
   * Makes ready to replace what `options` name; the rest stays. Connections that there are stay as well.
   *
   * @returns does so.
   * @throws whatever is wrong with a certificate or a key; nothing has changed then.
   */
  prepareReload(options: TlsReloadOptions): () => void {
    const merged = { ...this.#options, ...said(options) };
    checkCertificate(merged);
    createSecureContext(merged);
    return () => {
      this.#options = merged;
      this.#server.setSecureContext(merged);
    };
  }

  /** Cuts every connection that is left. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** What options say; an option that is there and `undefined` says no more than one that is not. */
function said<Options extends object>(options: Options): Partial<Options> {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<Options>;
}

/** Without any, all handshakes would fail, and nobody would know why. */
function checkCertificate({ cert, pfx, SNICallback, pskCallback }: TlsServerOptions): void {
  if (cert === undefined && pfx === undefined && !SNICallback && !pskCallback) {
    throw new TypeError('TLS needs a certificate and its key');
  }
}
