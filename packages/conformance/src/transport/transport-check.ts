import { Engine, type KvError, MemoryStorage, SlabStorage } from '@kv/core';
import { HeldStorage } from '../held-storage.js';
import type {
  TransportOptions,
  TransportPeer,
  TransportUnderTest,
} from './transport-under-test.js';

/** What {@link transportSuite} needs to know of a transport. */
export interface TransportSuiteOptions {
  /** What the suite is called in the report: `tcp`, or `tcp over a unix socket`. */
  readonly name: string;
  /** The name that hooks and figures know the transport by; `name` if absent. */
  readonly transport?: string | undefined;
  /** Whether a peer can say that it sends no more and still read. Where not, that is not tested. */
  readonly halfClose: boolean;
  /**
   * Whether the server is told at once that a peer was cut, as TCP's reset does; false by default.
   * Where not, a cut looks like a half-close until the server writes, and that is not tested.
   */
  readonly reset?: boolean | undefined;
  /**
   * Whether the server can send what was not asked for, so that peers can subscribe; true by default. Where
   * not, that is not tested.
   */
  readonly push?: boolean | undefined;
  /** Whether the engine's storage offers a lane; true by default. */
  readonly lane?: boolean | undefined;
  /**
   * Starts the transport on an engine of the suite's, on a port or path of its own. The suite closes
   * the transport, then the engine, after each test.
   */
  start(engine: Engine, options: TransportOptions): Promise<TransportUnderTest>;
}

/** A transport on an engine of its own, and what checks need around it. */
export interface TransportFixture {
  readonly engine: Engine;
  /** The engine's storage, with which commands can be made to take their time. */
  readonly storage: HeldStorage;
  readonly transport: TransportUnderTest;
  /** The name that hooks and figures know the transport by. */
  readonly transportName: string;
  /** What the engine has reported. */
  readonly reported: readonly KvError[];
  /** Connects a peer, which is cut after the check. */
  readonly connect: () => Promise<TransportPeer>;
  /** How many sessions the transport has open. */
  readonly sessions: () => number;
}

/** One thing that transports promise, and how to find out whether they keep it. */
export interface TransportCheck {
  readonly title: string;
  /** The capability without which there is nothing to check. */
  readonly needs?: 'halfClose' | 'push' | 'reset';
  /** What the transport is to be started with. */
  readonly options?: TransportOptions;
  /** How long the check may take, in milliseconds, if that is longer than usual. */
  readonly timeoutMs?: number;
  /** Rejects if the promise is not kept. */
  run(fixture: TransportFixture): Promise<void>;
}

/** Starts a transport for `run`, and ends it, its engine and its peers whatever becomes of that. */
export async function withTransport(
  { name, transport: transportName = name, lane = true, start }: TransportSuiteOptions,
  options: TransportOptions,
  run: (fixture: TransportFixture) => Promise<void>,
): Promise<void> {
  const storage = new HeldStorage(lane ? new SlabStorage() : new MemoryStorage());
  const reported: KvError[] = [];
  const engine = new Engine({ storage, onError: (error) => reported.push(error) });
  const transport = await start(engine, options);
  const peers: TransportPeer[] = [];
  const connect = async (): Promise<TransportPeer> => {
    const peer = await transport.connect();
    peers.push(peer);
    return peer;
  };
  const sessions = (): number => engine.stats().sessions[transportName] ?? 0;
  try {
    await run({ engine, storage, transport, transportName, reported, connect, sessions });
  } finally {
    storage.releaseAll();
    for (const peer of peers) peer.cut();
    await transport.close();
    await engine.close();
  }
}
