import type { Context } from '../group.js';
import { compileNative } from '../processes/compile-native.js';
import type { Sample } from '../results.js';
import type { Loaded } from '../server/load-generator.js';

/** One publisher, and many who are subscribed. */
export interface FanOutLoad {
  readonly subscribers: number;
  /** Messages that are published at once, before all subscribers are waited for. */
  readonly depth: number;
  /** How long it lasts, and how long before that it does not count. */
  readonly durationMs: number;
  readonly warmupMs: number;
}

/** The native generator of messages (`native/topics/fan-out.c`): one and the same for every server. */
export class FanOut {
  readonly #file: string;
  readonly #context: Context;

  private constructor(file: string, context: Context) {
    this.#file = file;
    this.#context = context;
  }

  /** @throws an `Unavailable` if this is not Linux, or there is no compiler for C. */
  static async compile(context: Context): Promise<FanOut> {
    const parts = ['topics', 'fail.c', 'data.c'];
    return new FanOut(await compileNative(context, 'fan-out', parts), context);
  }

  /**
   * Deliveries a second.
   *
   * @throws {Error} if the server sends something wrong, or nothing.
   */
  async run({ protocol, port, pid }: Loaded, load: FanOutLoad): Promise<Sample> {
    const flags = {
      protocol,
      port,
      subscribers: load.subscribers,
      depth: load.depth,
      warmup: load.warmupMs / 1000,
      seconds: load.durationMs / 1000,
      'server-pid': pid,
    };
    const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const command = this.#context.cores.pin('load', [this.#file, ...args]);
    const { rate } = JSON.parse(await this.#context.processes.run(command)) as Sample;
    return { rate };
  }
}
