/** Who is at the other end of a session. */
export interface Peer {
  /** The transport's name: `tcp`, for instance; `in-process` for the engine's own client. */
  readonly transport: string;
  /** Where the peer is, in the transport's notation: `127.0.0.1:50122`, for instance. */
  readonly address: string;
}
