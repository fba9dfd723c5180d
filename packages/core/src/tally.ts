import type { CommandName, CommandRequest, CommandResponse } from '@kv/protocol';
import { commandTable } from './command-table.js';

/** Counts requests for {@link Engine.stats}, and knows when none is under way. */
export class Tally {
  readonly #byCommand = Object.fromEntries(
    Object.keys(commandTable).map((name) => [name, 0]),
  ) as Record<CommandName, number>;
  readonly #byStatus: Map<number, number> = new Map();
  #inFlight = 0;
  #requests = 0;
  #onIdle: (() => void)[] = [];

  get inFlight(): number {
    return this.#inFlight;
  }

  get requests(): number {
    return this.#requests;
  }

  began(request: CommandRequest): void {
    const name = request?.requestData?.case;
    this.#requests++;
    this.#inFlight++;
    if (name !== undefined && Object.hasOwn(this.#byCommand, name)) this.#byCommand[name]++;
  }

  ended({ status }: CommandResponse): void {
    this.#byStatus.set(status, (this.#byStatus.get(status) ?? 0) + 1);
    if (--this.#inFlight === 0) {
      for (const resolve of this.#onIdle.splice(0)) resolve();
    }
  }

  /** Resolves when no request is under way. */
  idle(): Promise<void> {
    if (this.#inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  byCommand(): Record<CommandName, number> {
    return { ...this.#byCommand };
  }

  byStatus(): Record<number, number> {
    return Object.fromEntries(this.#byStatus);
  }
}
