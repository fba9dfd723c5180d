const INITIAL_BYTES = 64 * 1024;
const INITIAL_SLOTS = 1024;
/** Nothing has to be allocated to have nothing. */
const NO_BYTES = Buffer.alloc(0);

/**
 * Records of bytes, each with a tag, the oldest of which leave first. They lie in one piece of memory, which grows as it
 * must, to twice the bytes that all records have at the most: with that, there is always room for one more in one piece.
 * None of them is an object, so however many there are, they are no work for the garbage collector.
 */
export class RecordRing<Tag> {
  readonly #maxCapacity: number;
  #bytes: Buffer = NO_BYTES;
  /** Where each record starts in `#bytes`, and how long it is: that of the oldest in slot `#first`, and so on, round. */
  #starts: number[] = [];
  #lengths: number[] = [];
  #tags: (Tag | undefined)[] = [];
  #first = 0;
  #count = 0;
  /** Where the next record starts, if there is room. */
  #end = 0;
  #used = 0;

  /** @param maxBytes how many bytes all records have at the most, as whoever pushes sees to. */
  constructor(maxBytes: number) {
    this.#maxCapacity = 2 * maxBytes;
  }

  /** How many records there are. */
  get count(): number {
    return this.#count;
  }

  /** How many bytes all of them have. */
  get used(): number {
    return this.#used;
  }

  /** How many bytes of memory there are for records. */
  get capacity(): number {
    return this.#bytes.length;
  }

  /**
   * Appends a record: a copy of `bytes`.
   *
   * @throws {RangeError} if there is no memory; nothing has changed then.
   */
  push(tag: Tag, bytes: Uint8Array): void {
    const { length } = bytes;
    if (this.#count === this.#starts.length) this.#growSlots();
    const start = this.#place(length);
    this.#bytes.set(bytes, start);
    const slot = this.#slot(this.#count);
    this.#starts[slot] = start;
    this.#lengths[slot] = length;
    this.#tags[slot] = tag;
    this.#count++;
    this.#end = start + length;
    this.#used += length;
  }

  /** Drops the oldest record, which must be there, and answers its tag. */
  shift(): Tag {
    const tag = this.#tags[this.#first] as Tag;
    this.#tags[this.#first] = undefined;
    this.#used -= this.#lengths[this.#first] as number;
    this.#first = (this.#first + 1) & (this.#starts.length - 1);
    this.#count--;
    if (this.#count === 0) this.#end = 0;
    return tag;
  }

  /** Drops all records, and gives the memory back. */
  clear(): void {
    this.#bytes = NO_BYTES;
    [this.#starts, this.#lengths, this.#tags] = [[], [], []];
    [this.#first, this.#count, this.#end, this.#used] = [0, 0, 0, 0];
  }

  /** The tag of the record before which there are `index` others. */
  tagAt(index: number): Tag {
    return this.#tags[this.#slot(index)] as Tag;
  }

  /** The record before which there are `index` others: valid as long as nothing is pushed. */
  at(index: number): Uint8Array {
    const slot = this.#slot(index);
    const start = this.#starts[slot] as number;
    return this.#bytes.subarray(start, start + (this.#lengths[slot] as number));
  }

  /** Where there is room for a record. */
  #place(length: number): number {
    const oldest = this.#count === 0 ? 0 : (this.#starts[this.#first] as number);
    const size = this.#bytes.length;
    // What is in use lies between the oldest and the end, or goes on at the beginning.
    const isWrapped = this.#count > 0 && this.#end <= oldest && this.#used > 0;
    if (this.#end + length <= (isWrapped ? oldest : size)) return this.#end;
    if (!isWrapped && length <= oldest) return 0;
    this.#growBytes(length);
    return this.#end;
  }

  #growBytes(length: number): void {
    const needed = this.#used + length;
    const wanted = Math.max(INITIAL_BYTES, this.#bytes.length * 2, needed);
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(wanted, this.#maxCapacity)));
    let end = 0;
    for (let i = 0; i < this.#count; i++) {
      const record = this.at(i);
      grown.set(record, end);
      this.#starts[this.#slot(i)] = end;
      end += record.length;
    }
    this.#bytes = grown;
    this.#end = end;
  }

  #growSlots(): void {
    const slots = Math.max(INITIAL_SLOTS, this.#starts.length * 2);
    this.#starts = inOrder(this.#starts, this.#first, slots, 0);
    this.#lengths = inOrder(this.#lengths, this.#first, slots, 0);
    this.#tags = inOrder(this.#tags, this.#first, slots, undefined);
    this.#first = 0;
  }

  #slot(index: number): number {
    return (this.#first + index) & (this.#starts.length - 1);
  }
}

/** What goes round in an array, from `first` on, in a longer one. */
function inOrder<Item>(
  items: readonly Item[],
  first: number,
  length: number,
  filler: Item,
): Item[] {
  const longer = new Array<Item>(length).fill(filler);
  for (let i = 0; i < items.length; i++)
    longer[i] = items[(first + i) & (items.length - 1)] as Item;
  return longer;
}
