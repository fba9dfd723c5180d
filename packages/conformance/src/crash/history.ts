import { type Fingerprint, shown } from './fingerprint.js';
import { checkPossible } from './possible-state.js';

/** A call of a worker: what it does to each key, in order. All of it takes effect, or nothing. */
export interface Call {
  readonly id: number;
  readonly table: string;
  readonly steps: readonly Step[];
}

/** Reads a key; or gives it a value, or deletes it with `null`, and answers the one before. */
export type Step = readonly [key: string, value?: Fingerprint];

/** What is in a storage: values by {@link placeName}. */
export type State = ReadonlyMap<string, Fingerprint>;

/** A key of a table. */
export interface Place {
  readonly name: string;
  /** What it had at the beginning, and what each call gave it since. The last is what it has now. */
  readonly versions: Version[];
}

/** What a place has from a call on; without a call, what it had at the beginning. */
export interface Version {
  readonly call?: MadeCall;
  readonly value: Fingerprint;
}

/** What a place had at some time. */
interface PlaceValue {
  readonly place: Place;
  readonly value: Fingerprint;
}

/** A call, and what has come of it. */
export interface MadeCall {
  readonly id: number;
  /** How many calls were made before it. */
  readonly index: number;
  /** The version that each of its places had when it was done with them. */
  readonly reached: ReadonlyMap<Place, number>;
  /** What the call must answer. */
  readonly expected: readonly PlaceValue[];
  /** Whether there is anything that it leaves other than it was. */
  changes: boolean;
  answered: boolean;
}

/** What {@link History} may rely on. */
export interface HistoryOptions {
  /**
   * Whether no call that changes something can have taken effect without all those before it. If not, that holds of
   * those that have keys in common.
   */
  readonly prefix: boolean;
}

/** One name for a table and a key. */
export function placeName(table: string, key: string): string {
  return `key ${JSON.stringify(key)} of table ${JSON.stringify(table)}`;
}

/**
 * What was called and answered since a storage was opened, and so what it may hold when it is opened again,
 * however its process ended.
 */
export class History {
  readonly #prefix: boolean;
  #places = new Map<string, Place>();
  #calls = new Map<number, MadeCall>();

  constructor({ prefix }: HistoryOptions) {
    this.#prefix = prefix;
  }

  /** A call is about to be made, after all that were told before. */
  call({ id, table, steps }: Call): void {
    const reached = new Map<Place, number>();
    const expected: PlaceValue[] = [];
    const index = this.#calls.size;
    const made = { id, index, reached, expected, changes: false, answered: false };
    for (const [key, value] of steps) {
      const place = this.#place(placeName(table, key));
      const { versions } = place;
      const before = versions.at(-1)?.value ?? null;
      expected.push({ place, value: before });
      if (value !== undefined) versions.push({ call: made, value });
      made.changes ||= value !== undefined && value !== before;
      reached.set(place, versions.length - 1);
    }
    this.#calls.set(id, made);
  }

  /**
   * A call has been answered.
   *
   * @throws if the answer is not what the calls before it have left.
   */
  answer(id: number, values: readonly Fingerprint[]): void {
    const call = this.#calls.get(id);
    if (call === undefined) throw new Error(`Call ${id} was answered, and never made`);
    const { expected } = call;
    if (values.length !== expected.length) {
      throw new Error(`Call ${id} answered ${values.length} values, and not ${expected.length}`);
    }
    for (const [i, { place, value }] of expected.entries()) {
      if (values[i] === value) continue;
      const [wrong, right] = [values[i], value].map(shown);
      throw new Error(`Call ${id} answered ${wrong} for the ${place.name}, which had ${right}`);
    }
    call.answered = true;
  }

  /**
   * The storage has been opened again. A new history begins with what it holds.
   *
   * @throws if it cannot hold that.
   */
  reopened(state: State): void {
    for (const name of state.keys()) this.#place(name);
    checkPossible(state, this.#places.values(), this.#calls.values(), this.#prefix);
    this.#places = new Map();
    this.#calls = new Map();
    for (const [name, value] of state) this.#places.set(name, { name, versions: [{ value }] });
  }

  #place(name: string): Place {
    const known = this.#places.get(name);
    if (known !== undefined) return known;
    const place: Place = { name, versions: [{ value: null }] };
    this.#places.set(name, place);
    return place;
  }
}
