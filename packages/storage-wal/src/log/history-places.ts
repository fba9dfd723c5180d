/** Where a block stands, and the sequence of its first change. */
export interface BlockPlace {
  readonly segment: number;
  readonly epoch: number;
  /** In the file of the segment, in bytes. */
  readonly offset: number;
  readonly first: number;
}

/** Places are so far apart, in bytes, at the least: those who read begin a bit before what they want. */
const DISTANCE_BYTES = 256 * 1024;

/** Where some blocks stand, so that who reads from a change on need not look for it from the beginning of a segment. */
export class HistoryPlaces {
  /** Those of each segment, in their order. */
  readonly #places: Map<number, BlockPlace[]> = new Map();
  /** The number of the first segment that there is. */
  #first = 0;

  /** Takes note of a place that was met, if none is near before it. */
  note(place: BlockPlace): void {
    const places = this.#places.get(place.segment);
    if (places === undefined) {
      if (place.segment >= this.#first) this.#places.set(place.segment, [place]);
      return;
    }
    const index = places.findLastIndex(({ offset }) => offset <= place.offset);
    const before = places[index];
    if (before !== undefined && place.offset - before.offset < DISTANCE_BYTES) return;
    places.splice(index + 1, 0, place);
  }

  /** Where to begin in a segment to find the change behind `after`; `undefined` if that is not known. */
  find(segment: number, after: number): BlockPlace | undefined {
    return this.#places.get(segment)?.findLast(({ first }) => first <= after + 1);
  }

  /** Forgets those in segments that are not there any more. */
  forgetBefore(segment: number): void {
    if (segment === this.#first) return;
    this.#first = segment;
    for (const number of this.#places.keys()) if (number < segment) this.#places.delete(number);
  }
}
