import { type Fingerprint, shown } from './fingerprint.js';
import type { MadeCall, Place, State, Version } from './history.js';

/** Why a call must have taken effect. */
type Reason =
  | { readonly why: 'answered' }
  /** The place has the value that the call gave it. */
  | { readonly why: 'seen'; readonly place: Place }
  /** A later call did, which has keys in common with it, or before which none may be missing. */
  | { readonly why: 'before'; readonly later: MadeCall };

/** How many values a message lists. */
const MOST_LISTED = 4;

/** What a call demands of a place: to be at this version, or a later one. */
interface Demand {
  readonly place: Place;
  readonly version: number;
  readonly call: MadeCall;
}

/**
 * Checks that a state can be what calls have left whose process was killed: that some of them, carried out one
 * after the other, give just this state. They must have among them those that were answered; each whole; and, with
 * each, those before it that have keys in common with it, or, if `prefix`, with each that changes something, all those
 * before it.
 *
 * All of that says only that if one call took effect, so did another. So it is enough to find the fewest calls
 * that can have taken effect: if these give the state somewhere a value that it has not, all others do.
 *
 * @throws an error that tells why it cannot.
 */
export function checkPossible(
  state: State,
  places: Iterable<Place>,
  calls: Iterable<MadeCall>,
  prefix: boolean,
): void {
  new Fewest(state, [...calls], prefix).find([...places]);
}

/** The fewest calls that can have taken effect. */
class Fewest {
  readonly #state: State;
  readonly #calls: readonly MadeCall[];
  readonly #prefix: boolean;
  readonly #reasons = new Map<MadeCall, Reason>();
  /** The version that each place has at least. */
  readonly #versions = new Map<Place, number>();
  readonly #demands: Demand[] = [];
  /** With `prefix`: how many calls are known to have taken effect for a later one's sake. */
  #before = 0;

  constructor(state: State, calls: readonly MadeCall[], prefix: boolean) {
    this.#state = state;
    this.#calls = calls;
    this.#prefix = prefix;
  }

  find(places: readonly Place[]): void {
    for (const call of this.#calls) if (call.answered) this.#include(call, { why: 'answered' });
    this.#meetDemands();
    for (const place of places) {
      this.#raise(place, 0, undefined);
      this.#meetDemands();
    }
  }

  #meetDemands(): void {
    for (let next = this.#demands.pop(); next !== undefined; next = this.#demands.pop()) {
      this.#raise(next.place, next.version, next.call);
    }
  }

  /** The place has come as far as a version; so it is at the next of which it has the value. */
  #raise(place: Place, least: number, call: MadeCall | undefined): void {
    const known = this.#versions.get(place) ?? -1;
    if (known >= least) return;
    const { versions } = place;
    const found = this.#state.get(place.name) ?? null;
    let at = least;
    while (at < versions.length && versions[at]?.value !== found) at++;
    if (at === versions.length) throw new Error(this.#contradiction(place, found, least, call));
    this.#versions.set(place, at);
    const seen = versions[at]?.call;
    if (seen !== undefined) this.#include(seen, { why: 'seen', place });
    for (const { call: earlier } of versions.slice(Math.max(known, 0), at)) {
      if (earlier !== undefined && seen !== undefined) {
        this.#include(earlier, { why: 'before', later: seen });
      }
    }
  }

  /** A call has taken effect: on all of its places. */
  #include(call: MadeCall, reason: Reason): void {
    if (this.#reasons.has(call)) return;
    this.#reasons.set(call, reason);
    for (const [place, version] of call.reached) this.#demands.push({ place, version, call });
    if (!this.#prefix || !call.changes) return;
    for (; this.#before < call.index; this.#before++) {
      const earlier = this.#calls[this.#before];
      if (earlier !== undefined) this.#include(earlier, { why: 'before', later: call });
    }
  }

  #contradiction(
    { name, versions }: Place,
    found: Fingerprint,
    least: number,
    call: MadeCall | undefined,
  ): string {
    const past = versions.slice(0, least).findLast(({ value }) => value === found);
    const reason = call === undefined ? '' : `, for call ${call.id} ${this.#story(call)}`;
    return (
      `The ${name} has ${shown(found)}, ${origin(past)}. ` +
      `It can only have ${listed(versions.slice(least))}${reason}`
    );
  }

  /** Why a call took effect. */
  #story(call: MadeCall): string {
    const reason = this.#reasons.get(call);
    switch (reason?.why) {
      case 'seen':
        return `took effect on the ${reason.place.name}`;
      case 'before':
        return `comes before call ${reason.later.id}, which ${this.#story(reason.later)}`;
      default:
        return 'was answered';
    }
  }
}

/** Where a value comes from that can no more be there. */
function origin(past: Version | undefined): string {
  if (past === undefined) return 'which it has not had since the last opening';
  return past.call === undefined
    ? 'as at the last opening'
    : `which call ${past.call.id} left there`;
}

/** The values of versions, or the first of them. */
function listed(versions: readonly Version[]): string {
  const values = new Set(versions.map(({ value }) => shown(value)));
  const more = values.size > MOST_LISTED ? [`one of ${values.size - MOST_LISTED} more`] : [];
  return [...[...values].slice(0, MOST_LISTED), ...more].join(', or ');
}
