import type { CommandName, CommandRequest } from '@kv/protocol';
import { commandTable } from './command-table.js';

/** Counts requests for {@link Engine.stats}, and knows when none is under way. */
export class Tally {
  /** A `Map`, to which a name like that of a property of Object is a name like any other. */
  readonly #byCommand: ReadonlyMap<unknown, { count: number }> = new Map(
    Object.keys(commandTable).map((name) => [name, { count: 0 }]),
  );
  /** At the index of each status. */
  readonly #byStatus: Float64Array = new Float64Array(600);
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
    this.beganCommand(request?.requestData?.case);
  }

  beganCommand(name: CommandName | undefined): void {
    this.#requests++;
    this.#inFlight++;
    const command = this.#byCommand.get(name);
    if (command !== undefined) command.count++;
  }

  ended({ status }: { readonly status: number }): void {
    (this.#byStatus[status] as number)++;
    if (--this.#inFlight === 0 && this.#onIdle.length > 0) {
      for (const resolve of this.#onIdle.splice(0)) resolve();
    }
  }

  /** Counts a request that began and ended at once. */
  answered(command: CommandName, status: number): void {
    this.#requests++;
    (this.#byCommand.get(command) as { count: number }).count++;
    (this.#byStatus[status] as number)++;
  }

  /** Resolves when no request is under way. */
  idle(): Promise<void> {
    if (this.#inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  byCommand(): Record<CommandName, number> {
    const counts = Array.from(this.#byCommand, ([name, { count }]) => [name, count]);
    return Object.fromEntries(counts) as Record<CommandName, number>;
  }

  byStatus(): Record<number, number> {
    const counts = Array.from(this.#byStatus, (count, status) => [status, count] as const);
    return Object.fromEntries(counts.filter(([, count]) => count > 0));
  }
}
