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
import type { TlsClientOptions } from './tls-options.js';

/** What a {@link Client} can be told. */
export interface ClientOptions extends FrameOptions {
  /** For `kvs://` and unix sockets: how to speak TLS. Over a unix socket, this is what asks for it. */
  readonly tls?: TlsClientOptions | undefined;
  /**
   * Milliseconds until a call fails with `TIMEOUT`: 10,000 by default, and for calls that name no time
   * of their own. `Infinity` waits for ever.
   */
  readonly timeoutMs?: number | undefined;
  /** Milliseconds that one attempt to connect may take: 5,000 by default. */
  readonly connectTimeoutMs?: number | undefined;
  /**
   * Calls that may wait for their answers, sent or not: 100,000 by default. One more fails with
   * `TOO_MANY_REQUESTS`. What subscriptions and watches ask for by themselves, as after a lost connection, is not
   * counted: it is one request each at the most, and watches read 16 pages at a time, all together.
   */
  readonly maxPending?: number | undefined;
  /** Whether calls that only read are repeated after a lost connection: not by default. */
  readonly retryReads?: boolean | undefined;
  /** The longest wait before the first attempt to reconnect, in milliseconds: 50 by default. */
  readonly minReconnectDelayMs?: number | undefined;
  /** The longest wait before any attempt to reconnect, in milliseconds: 5,000 by default. */
  readonly maxReconnectDelayMs?: number | undefined;
}

const OPTIONS: OptionNames<ClientOptions> = {
  headerBytes: true,
  maxFrameBytes: true,
  tls: true,
  timeoutMs: true,
  connectTimeoutMs: true,
  maxPending: true,
  retryReads: true,
  minReconnectDelayMs: true,
  maxReconnectDelayMs: true,
};

/** The options of a client with nothing left open. */
export interface Settings {
  readonly codec: Codec;
  readonly format: FrameFormat;
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly maxPending: number;
  readonly retryReads: boolean;
  readonly minReconnectDelayMs: number;
  readonly maxReconnectDelayMs: number;
}

/**
 * Fills in the defaults.
 *
 * @throws {RangeError} if a number is not what it must be.
 * @throws {TypeError} for an option that there is not.
 */
export function settingsOf(options: ClientOptions): Settings {
  checkOptionNames('a Client', options, OPTIONS);
  return {
    codec: straightLineCodec,
    format: formatOf(options),
    timeoutMs: positive('timeoutMs', options.timeoutMs ?? 10_000),
    connectTimeoutMs: delay('connectTimeoutMs', options.connectTimeoutMs ?? 5000),
    maxPending: positive('maxPending', options.maxPending ?? 100_000),
    retryReads: options.retryReads ?? false,
    minReconnectDelayMs: delay('minReconnectDelayMs', options.minReconnectDelayMs ?? 50),
    maxReconnectDelayMs: delay('maxReconnectDelayMs', options.maxReconnectDelayMs ?? 5000),
  };
}

function formatOf(options: ClientOptions): FrameFormat {
  const format = frameFormat(options);
  if (format.maxFrameBytes < LEAST_FRAME_BYTES) {
    throw new RangeError(`maxFrameBytes must be at least ${LEAST_FRAME_BYTES}`);
  }
  return format;
}

function delay(name: string, ms: number): number {
  if (!(ms > 0 && ms <= MAX_TIMER_MS)) {
    throw new RangeError(`${name} must be a positive number, of at most ${MAX_TIMER_MS}`);
  }
  return ms;
}

function positive(name: string, value: number): number {
  if (!(value > 0)) throw new RangeError(`${name} must be a positive number`);
  return value;
}
