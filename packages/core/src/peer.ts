/** Who is at the other end of a session. */
export interface Peer {
  /** The transport's name: `tcp`, for instance; `in-process` for the engine's own client. */
  readonly transport: string;
  /** Where the peer is, in the transport's notation: `127.0.0.1:50122`, for instance. */
  readonly address: string;
  /** What TLS says of the peer; absent where the connection has none. */
  readonly tls?: PeerTls;
}

/**
 * What TLS says of a peer. The names are there only if they have been verified: whoever reads one may
 * believe it.
 */
export interface PeerTls {
  /** The version of the protocol: `TLSv1.3`, for instance. */
  readonly protocol: string;
  /** Whether the peer has presented a certificate, and somebody who is trusted vouches for it. */
  readonly authorized: boolean;
  /** The common name of the certificate's subject, if it is verified and has one. */
  readonly commonName?: string;
  /**
   * The alternative names of the certificate's subject, each with its kind, if it is verified:
   * `DNS:reporting.example.org`, `URI:spiffe://example.org/reporting`, `IP Address:10.0.0.7`.
   */
  readonly altNames: readonly string[];
  /**
   * The SHA-256 fingerprint of the certificate, in hexadecimal with colons, if the peer has presented
   * one, verified or not: it has shown that it holds the key to just this one.
   */
  readonly fingerprint256?: string;
}
