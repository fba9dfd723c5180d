import {
  type Codec,
  checkOptionNames,
  type FrameFormat,
  type FrameOptions,
  frameFormat,
  LEAST_FRAME_BYTES,
  MAX_TIMER_MS,
  type OptionNames,
  straightLineCodec,
} from '@kv/protocol';

/** What a {@link TcpTransport} can be told. */
export interface TcpTransportOptions extends FrameOptions {
  /**
   * How long a peer may take over its last answers before it is cut, in milliseconds: 5,000 by default.
   */
  readonly drainMs?: number | undefined;
  /**
   * Bytes of answers that may wait for a peer to take them: 1 MiB by default. Beyond that no more of
   * its requests are read, so that a peer that sends and never reads costs no more than that, one answer,
   * and the answers of the requests that are under way.
   */
  readonly maxUnsentBytes?: number | undefined;
  /**
   * Requests of one connection that may wait for their answers: 256 by default. Beyond that no more are
   * read until some are answered. Where a storage or a hook takes its time, a peer that never reads may
   * cost as many answers, so this bounds its memory too.
   */
  readonly maxInFlight?: number | undefined;
  /** Connections at any time: 10,000 by default. Whoever comes then is cut. */
  readonly maxConnections?: number | undefined;
  /**
   * Milliseconds in which a frame must be complete once it has begun: 30,000 by default. Otherwise the
   * peer is told, and its connection ended. `Infinity` for no limit.
   */
  readonly frameTimeoutMs?: number | undefined;
  /**
   * Milliseconds after which the connection of a peer is ended that asks nothing and waits for nothing:
   * `Infinity` by default, for there is no ping by which a client could keep it open.
   */
  readonly idleTimeoutMs?: number | undefined;
}

const OPTIONS: OptionNames<TcpTransportOptions> = {
  headerBytes: true,
  maxFrameBytes: true,
  drainMs: true,
  maxUnsentBytes: true,
  maxInFlight: true,
  maxConnections: true,
  frameTimeoutMs: true,
  idleTimeoutMs: true,
};

/** The options of a transport with nothing left open. */
export interface Settings {
  readonly codec: Codec;
  readonly format: FrameFormat;
  readonly drainMs: number;
  readonly maxUnsentBytes: number;
  readonly maxInFlight: number;
  readonly maxConnections: number;
  readonly frameTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

/**
 * Fills in the defaults.
 *
 * @throws {RangeError} if a number is not what it must be.
 * @throws {TypeError} for an option that there is not.
 */
export function settingsOf(options: TcpTransportOptions): Settings {
  checkOptionNames('a TcpTransport', options, OPTIONS);
  const { drainMs = 5000, maxUnsentBytes = 1024 * 1024, maxInFlight = 256 } = options;
  const { maxConnections = 10_000 } = options;
  const { frameTimeoutMs = 30_000, idleTimeoutMs = Number.POSITIVE_INFINITY } = options;
  const format = frameFormat(options);
  atLeast(LEAST_FRAME_BYTES, 'maxFrameBytes', format.maxFrameBytes);
  return {
    codec: straightLineCodec,
    format,
    drainMs: atMost(MAX_TIMER_MS, 'drainMs', atLeast(0, 'drainMs', drainMs)),
    maxUnsentBytes: atLeast(1, 'maxUnsentBytes', maxUnsentBytes),
    maxInFlight: atLeast(1, 'maxInFlight', maxInFlight),
    maxConnections: atLeast(1, 'maxConnections', maxConnections),
    frameTimeoutMs: positive('frameTimeoutMs', frameTimeoutMs),
    idleTimeoutMs: positive('idleTimeoutMs', idleTimeoutMs),
  };
}

function positive(name: string, value: number): number {
  if (!(value > 0)) throw new RangeError(`${name} must be a positive number`);
  return value;
}

function atMost(most: number, name: string, value: number): number {
  if (value > most) throw new RangeError(`${name} must be at most ${most}`);
  return value;
}

function atLeast(least: number, name: string, value: number): number {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`${name} must be an integer of at least ${least}`);
  }
  return value;
}
