/** What happened to the connections of a transport since it was made. */
export interface Counters {
  /** Connections accepted. */
  accepted: number;
  /** Connections refused, as there were too many. */
  refused: number;
  /** Connections ended because their TLS handshake failed, or was not done in time. */
  handshakesFailed: number;
  /** Connections ended because they announced a frame beyond the limit. */
  framesTooLarge: number;
  /** Connections ended because a frame that had begun was not completed in time. */
  frameTimeouts: number;
  /** Connections ended because nothing was asked for too long. */
  idleTimeouts: number;
  /** Times that no more was read of a connection, as too many of its answers were not taken. */
  heldBackUnsent: number;
  /** Times that no more was read of a connection, as too many of its requests were under way. */
  heldBackInFlight: number;
}

export function newCounters(): Counters {
  return {
    accepted: 0,
    refused: 0,
    handshakesFailed: 0,
    framesTooLarge: 0,
    frameTimeouts: 0,
    idleTimeouts: 0,
    heldBackUnsent: 0,
    heldBackInFlight: 0,
  };
}
