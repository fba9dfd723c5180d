import type { BatchItems } from './storage-lane.js';

/** Where keys and values lie, as many as are added. */
export class ItemList implements BatchItems {
  count = 0;
  keyStarts: Uint32Array;
  keyEnds: Uint32Array;
  valueStarts: Uint32Array;
  valueEnds: Uint32Array;

  /** @param capacity for how many there is room before it must grow, one at least. */
  constructor(capacity: number) {
    this.keyStarts = new Uint32Array(capacity);
    this.keyEnds = new Uint32Array(capacity);
    this.valueStarts = new Uint32Array(capacity);
    this.valueEnds = new Uint32Array(capacity);
  }

  /** Adds a key and a value; an empty range if there is none. */
  add(keyStart: number, keyEnd: number, valueStart: number, valueEnd: number): void {
    const at = this.count++;
    if (at === this.keyStarts.length) this.#grow();
    this.keyStarts[at] = keyStart;
    this.keyEnds[at] = keyEnd;
    this.valueStarts[at] = valueStart;
    this.valueEnds[at] = valueEnd;
  }

  #grow(): void {
    this.keyStarts = grown(this.keyStarts);
    this.keyEnds = grown(this.keyEnds);
    this.valueStarts = grown(this.valueStarts);
    this.valueEnds = grown(this.valueEnds);
  }
}

function grown(ranges: Uint32Array): Uint32Array {
  const larger = new Uint32Array(ranges.length * 2);
  larger.set(ranges);
  return larger;
}
