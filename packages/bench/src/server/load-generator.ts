import type { Context } from '../group.js';
import { compileNative } from '../processes/compile-native.js';
import type { Server } from '../processes/server.js';
import type { Sample } from '../results.js';
/** What can be asked of the load generator: to fill the table, or one command for random keys. */
export type Operation = 'fill' | 'hget' | 'hset';

/** A server, and what it speaks. */
export interface Loaded extends Server {
  readonly protocol: 'kv' | 'redis';
}

export interface Load {
  readonly operation: Operation;
  readonly connections: number;
  /** Requests that each connection sends at once, before it waits for all their answers. */
  readonly depth: number;
  /** How long it lasts, and how long before that it does not count; filling ends by itself. */
  readonly durationMs: number;
  readonly warmupMs: number;
  /** What the choice of keys begins with: the same seed, the same keys. */
  readonly seed: number;
}

/** What it prints; percentiles in microseconds, processor time as a share of one core. */
interface Figures {
  readonly requests: number;
  readonly seconds: number;
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly loadCpu: number;
  readonly serverCpu: number;
}

/** The native load generator (`native/load.c`): one and the same for every server. */
export class LoadGenerator {
  readonly #file: string;
  readonly #context: Context;

  private constructor(file: string, context: Context) {
    this.#file = file;
    this.#context = context;
  }

  /** @throws an `Unavailable` if this is not Linux, or there is no compiler for C. */
  static async compile(context: Context): Promise<LoadGenerator> {
    return new LoadGenerator(await compileNative(context, 'load', ['.']), context);
  }

  /** The same for so many entries. */
  withKeys(keys: number): LoadGenerator {
    const settings = { ...this.#context.settings, keys };
    return new LoadGenerator(this.#file, { ...this.#context, settings });
  }

  /** @throws {Error} if the server gives a wrong answer, or none. */
  async run({ protocol, port, pid }: Loaded, load: Load): Promise<Sample> {
    const flags = {
      protocol,
      port,
      op: load.operation,
      connections: load.connections,
      depth: load.depth,
      keys: this.#context.settings.keys,
      warmup: load.warmupMs / 1000,
      seconds: load.durationMs / 1000,
      seed: load.seed,
      'server-pid': pid,
    };
    const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const command = this.#context.cores.pin('load', [this.#file, ...args]);
    return sampleOf(JSON.parse(await this.#context.processes.run(command)) as Figures);
  }
}

function sampleOf({ rate, p50, p99, p999, loadCpu, serverCpu }: Figures): Sample {
  const cpuPerRequest = (serverCpu * 1e6) / rate;
  const load = { p50, p99, p999, cpuPerRequest, serverBusy: serverCpu, loadBusy: loadCpu };
  return { rate, load };
}
