import { inspect } from 'node:util';
import { type Awaitable, isPromise, type Storage, type Value } from '@kv/core';
import type { Random } from '../random.js';
import { fingerprint } from './fingerprint.js';
import { LaneCalls } from './lane-calls.js';
import { firstCall, type PlannedCall, randomCall } from './random-call.js';
import { LARGE, MIXED, type Sizes } from './random-value.js';
import type { Report } from './report.js';

/** Calls on a storage, many under way at once, each reported before it is made and when it is answered. */
export class Traffic {
  readonly #storage: Storage;
  readonly #lane: LaneCalls | undefined;
  readonly #random: Random;
  readonly #report: (report: Report) => void;
  readonly #sizes: Sizes;
  /** The most calls that are under way at a time. */
  readonly #most: number;
  readonly #underWay = new Set<Promise<void>>();
  #calls = 0;
  #serial: number;

  /** @param firstSerial from which on no number has been given to a value. */
  constructor(
    storage: Storage,
    random: Random,
    firstSerial: number,
    report: (report: Report) => void,
  ) {
    this.#storage = storage;
    this.#lane = storage.capabilities.lane ? new LaneCalls(storage) : undefined;
    this.#random = random;
    this.#report = report;
    this.#serial = firstSerial;
    this.#sizes = random.pick([MIXED, LARGE]);
    this.#most = 1 + random.below(random.pick([1, 10, 100]));
  }

  /** Makes some calls that wait for nothing; while as many are under way as may be, waits for one of them. */
  async burst(): Promise<void> {
    const calls = 1 + this.#random.below(8);
    for (let i = 0; i < calls && this.#underWay.size < this.#most; i++) this.#call();
    if (this.#underWay.size === this.#most) await Promise.race(this.#underWay);
  }

  /** Waits for all calls that are under way. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  #call(): void {
    const serial = (): number => this.#serial++;
    const id = this.#calls++;
    const call = id === 0 ? firstCall(serial) : randomCall(this.#random, this.#sizes, serial);
    this.#report({ type: 'called', call: { id, table: call.table, steps: call.steps } });
    try {
      const answer = this.#callLane(call) ?? call.make(this.#storage);
      if (isPromise(answer)) this.#wait(id, answer);
      else this.#answered(id, answer);
    } catch (error) {
      this.#failed(id, error);
    }
  }

  /** Has the lane take every other call that it does take. */
  #callLane({ request }: PlannedCall): Awaitable<readonly (Value | undefined)[]> | undefined {
    if (request === undefined || this.#random.below(2) === 0) return undefined;
    return this.#lane?.call(request);
  }

  #wait(id: number, answer: Promise<readonly (Value | undefined)[]>): void {
    const underWay: Promise<void> = answer.then(
      (values) => {
        this.#underWay.delete(underWay);
        this.#answered(id, values);
      },
      (error) => this.#failed(id, error),
    );
    this.#underWay.add(underWay);
  }

  #answered(id: number, values: readonly (Value | undefined)[]): void {
    this.#report({ type: 'answered', id, values: values.map(fingerprint) });
  }

  #failed(id: number, error: unknown): never {
    this.#report({ type: 'failed', id, error: inspect(error) });
    throw error;
  }
}
