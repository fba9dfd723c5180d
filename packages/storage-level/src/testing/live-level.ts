import { AbstractIterator, type AbstractIteratorOptions, AbstractLevel } from 'abstract-level';

type Entry = [key: Buffer, value: Buffer];
type Range = AbstractIteratorOptions<Buffer, Buffer>;

interface Op {
  readonly type: 'put' | 'del';
  readonly key: Buffer;
  readonly value?: Buffer;
}

/**
 * A database that makes things as hard as it may: it does nothing at once, and shows, to whatever is under way,
 * what has been written meanwhile.
 */
export class LiveLevel extends AbstractLevel<Buffer> {
  entries: Entry[] = [];
  readonly #random: () => number;

  /** @param random numbers from 0 to 1, which say how long each thing takes. */
  constructor(random: () => number = Math.random) {
    super({ encodings: { buffer: true }, implicitSnapshots: false, permanence: false });
    this.#random = random;
  }

  /** Resolves some turns of the event loop later. */
  async later(): Promise<void> {
    for (let turns = Math.floor(this.#random() * 4); turns > 0; turns--) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async _getMany(keys: Buffer[]): Promise<(Buffer | undefined)[]> {
    await this.later();
    return keys.map((key) => this.entries.find(([each]) => each.equals(key))?.[1]);
  }

  _put(key: Buffer, value: Buffer): Promise<void> {
    return this._batch([{ type: 'put', key, value }]);
  }

  _del(key: Buffer): Promise<void> {
    return this._batch([{ type: 'del', key }]);
  }

  async _batch(ops: Op[]): Promise<void> {
    await this.later();
    for (const { key, value } of ops) {
      this.entries = this.entries.filter(([each]) => !each.equals(key));
      if (value !== undefined) this.entries.push([key, value]);
    }
    this.entries.sort(([a], [b]) => Buffer.compare(a, b));
    await this.later();
  }

  _iterator(range: Range): LiveIterator {
    return new LiveIterator(this, range);
  }
}

class LiveIterator extends AbstractIterator<LiveLevel, Buffer, Buffer> {
  readonly #range: Range;
  #last: Buffer | undefined;

  constructor(db: LiveLevel, range: Range) {
    super(db, range);
    this.#range = range;
  }

  async _next(): Promise<Entry | undefined> {
    await this.db.later();
    const { reverse = false } = this.#range;
    const entries = reverse ? this.db.entries.toReversed() : this.db.entries;
    const found = entries.find(([key]) => this.#isAhead(key) && this.#isWithin(key));
    this.#last = found?.[0];
    return found;
  }

  #isAhead(key: Buffer): boolean {
    if (this.#last === undefined) return true;
    const order = Buffer.compare(key, this.#last);
    return this.#range.reverse ? order < 0 : order > 0;
  }

  #isWithin(key: Buffer): boolean {
    const { gt, gte, lt, lte } = this.#range;
    return (
      (gt === undefined || Buffer.compare(key, gt) > 0) &&
      (gte === undefined || Buffer.compare(key, gte) >= 0) &&
      (lt === undefined || Buffer.compare(key, lt) < 0) &&
      (lte === undefined || Buffer.compare(key, lte) <= 0)
    );
  }
}
