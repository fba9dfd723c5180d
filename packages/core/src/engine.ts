import {
  type Awaitable,
  type CommandName,
  type CommandRequest,
  type CommandResponse,
  checkOptionNames,
  type KvClient,
  KvError,
  type OptionNames,
} from '@kv/protocol';
import { RecordingLane } from './feed/recording-lane.js';
import type { RecordingOptions } from './feed/recording-options.js';
import { RecordingStorage } from './feed/recording-storage.js';
import { HookBus } from './hooks/hook-bus.js';
import { InProcessClient } from './in-process-client.js';
import { Lane } from './lane/lane.js';
import { type LimitOptions, limitsOf } from './limits.js';
import type { Peer } from './peer.js';
import type { ErrorReporter } from './request-line.js';
import { Session, type SessionContext } from './session.js';
import { SlabStorage } from './storage/slab/slab-storage.js';
import type { Storage } from './storage/storage.js';
import { Tally } from './tally.js';
import { Topics } from './topics/topics.js';

/** What an {@link Engine} can be told. */
export interface EngineOptions {
  /** Where data lives: in memory by default. The engine closes it when it is closed itself. */
  readonly storage?: Storage | undefined;
  /** How long names may be, and how much may wait: {@link DEFAULT_LIMITS} where nothing is said. */
  readonly limits?: LimitOptions | undefined;
  /** How the changes of watched tables are kept, where the storage keeps none itself. */
  readonly feed?: RecordingOptions | undefined;
  /**
   * Told of every error that callers see without its cause: what a hook throws that is no `KvError`,
   * what the storage fails with, and why a transport cannot send a response. Written to the console by default.
   */
  readonly onError?: ErrorReporter | undefined;
}

const OPTIONS: OptionNames<EngineOptions> = {
  storage: true,
  limits: true,
  feed: true,
  onError: true,
};

/** What a session can be told of its peer. */
export interface SessionOptions {
  /**
   * The longest `CommandResponse` that the peer can be sent, in bytes: any by default. Commands that could
   * answer more answer less, or refuse before they have put it together.
   */
  readonly maxResponseBytes?: number | undefined;
}

/** Figures of an engine since it was made. */
export interface EngineStats {
  /** Milliseconds since the engine was made. */
  readonly uptimeMs: number;
  /** Sessions now open, by transport; the clients of this process are `in-process`. */
  readonly sessions: Readonly<Record<string, number>>;
  /** Subscriptions that there are at this moment. */
  readonly subscriptions: number;
  /** Requests received. */
  readonly requests: number;
  /** Requests received and not yet answered. */
  readonly inFlight: number;
  /** Requests received, by command. */
  readonly commands: Readonly<Record<CommandName, number>>;
  /**
   * Responses, by status. One that its transport finds it cannot send counts as what it was, not as the
   * error that the caller gets in its place.
   */
  readonly statuses: Readonly<Record<number, number>>;
  /** What the storage tells of itself; nothing once it is closed. */
  readonly storage: Readonly<Record<string, number | string | boolean | undefined>>;
}

const IN_PROCESS: Peer = { transport: 'in-process', address: 'local' };

/**
 * The engine: commands on a storage, with hooks around them. Used from the same process through
 * {@link client} or {@link execute}, and from others through the transports that are given it.
 *
 * ```js
 * const engine = new Engine();
 * const kv = engine.client();
 * await kv.hset('users', 'u1', 'Tyr');
 * ```
 */
export class Engine implements AsyncDisposable {
  /** Where to listen in on requests, and to refuse or change them. */
  readonly hooks: HookBus = new HookBus();

  readonly #storage: Storage;
  /** The same, or what records its changes. */
  readonly #used: Storage;
  readonly #tally: Tally = new Tally();
  readonly #startedAt: number = performance.now();
  readonly #sessions: Set<Session> = new Set();
  /** What sessions are handed whose peers can be sent this much. */
  readonly #contextFor: (maxResponseBytes: number) => SessionContext;
  /** Shared by the sessions whose peers can be sent anything. */
  readonly #context: SessionContext;
  readonly #ownSession: Session;
  #closing: Promise<void> | undefined;

  /**
   * @throws {RangeError} for a limit that is not a positive integer, or a setting of feeds that is no number from 0.
   * @throws {TypeError} for an option that there is not.
   */
  constructor(options: EngineOptions = {}) {
    checkOptionNames('an Engine', options, OPTIONS);
    const { limits, feed } = options;
    const storage: Storage = options.storage ?? new SlabStorage();
    const { onError = (error) => console.error(error) } = options;
    this.#storage = storage;
    const allLimits = limitsOf(limits);
    const lane = storage.lane && new Lane(storage.lane, allLimits, this.#tally);
    const recorder = storage.feed ? undefined : recorded(storage, feed, lane);
    const used = recorder ?? storage;
    this.#used = used;
    const refusal = () => this.#closing && closed();
    const topics = new Topics();
    this.#contextFor = (maxResponseBytes) => ({
      hooks: this.hooks,
      command: { storage: used, feed: used.feed, limits: allLimits, maxResponseBytes, topics },
      onError,
      tally: this.#tally,
      lane,
      maxResponseBytes,
      refusal,
    });
    this.#context = this.#contextFor(Number.POSITIVE_INFINITY);
    this.#ownSession = new Session(this.#context, IN_PROCESS, () => {});
  }

  /**
   * Takes a request to its response, past all hooks. Never fails: every error is a response. Requests
   * start at once, whatever else is under way, so that a listener may make some too.
   *
   * @returns the response, at once unless a listener or the storage needs time.
   */
  execute(request: CommandRequest): Awaitable<CommandResponse> {
    return this.#ownSession.execute(request);
  }

  /** A client for this process, with a session of its own. */
  client(): KvClient {
    return new InProcessClient(this.openSession(IN_PROCESS));
  }

  /** Opens a session for a peer: what a transport does for each of its connections. */
  openSession(peer: Peer, { maxResponseBytes }: SessionOptions = {}): Session {
    const context =
      maxResponseBytes === undefined ? this.#context : this.#contextFor(maxResponseBytes);
    const session = new Session(context, peer, () => this.#sessions.delete(session));
    this.#sessions.add(session);
    return session;
  }

  /** Figures of what it has done, and of what it is doing at this moment. */
  stats(): EngineStats {
    // Not a plain object: a transport may bear any name, that of a property of Object too.
    const sessions = new Map<string, number>();
    let subscriptions = 0;
    for (const session of this.#sessions) {
      const { transport } = session.peer;
      sessions.set(transport, (sessions.get(transport) ?? 0) + 1);
      subscriptions += session.subscriptions;
    }
    return {
      uptimeMs: performance.now() - this.#startedAt,
      sessions: Object.fromEntries(sessions),
      subscriptions,
      requests: this.#tally.requests,
      inFlight: this.#tally.inFlight,
      commands: this.#tally.byCommand(),
      statuses: this.#tally.byStatus(),
      storage: (this.#closing === undefined && this.#storage.stats?.()) || {},
    };
  }

  /**
   * Ends the engine: requests from now on are refused with `UNAVAILABLE`, past no hooks, and subscriptions end
   * with that; requests under way are waited for, then the storage is closed. Close transports first; they let
   * their peers finish. Calling it again waits for the same end.
   *
   * @throws whatever the storage's `close` fails with.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Closes it, at the end of the block that holds it by `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    for (const session of this.#sessions) session.unsubscribeAll(closed());
    await this.#tally.idle();
    await this.#used.close();
  }
}

/** The storage with a feed. While it records, the lane leaves to it what it must see. */
function recorded(
  storage: Storage,
  options: RecordingOptions | undefined,
  lane: Lane | undefined,
): RecordingStorage {
  const recorder = new RecordingStorage(storage, options, (isRecording) => {
    const { lane: direct } = storage;
    if (direct === undefined) return;
    lane?.use(isRecording ? new RecordingLane(direct, () => recorder.recorded) : direct);
  });
  return recorder;
}

function closed(): KvError {
  return new KvError('UNAVAILABLE', 'The engine is closed');
}
