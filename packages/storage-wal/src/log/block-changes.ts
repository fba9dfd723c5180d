import {
  CHANGE_HEADER_BYTES,
  MANY_CHANGES,
  OLD_VALUE_HEADER_BYTES,
  OLD_VALUES,
  ONE_CHANGE,
  RECORD_HEADER_BYTES,
} from '../format/record.js';

/**
 * What comes next in a block: a change; nothing more; or what cannot be told as changes, since a repair has put it together,
 * or since the records are not what they should be.
 */
export type ChangeStep = 'change' | 'end' | 'entries' | 'bad';

/** Goes through the changes of a block one by one, and can be left in the midst of them. */
export class BlockChanges {
  /** Where the `CommandRequest` begins that is the change, and where it ends. */
  start = 0;
  end = 0;
  /** Whether it is known what was there before. */
  isOldKnown = false;
  /** Where the `Value` begins that was there before, and where it ends: there, if there was none. */
  oldStart = 0;
  oldEnd = 0;
  /** The block's bytes. */
  #view: DataView = new DataView(new ArrayBuffer(0));
  /** Where the next record begins, or the next change of the one of several that ends at `#manyEnd`. */
  #at = 0;
  #manyEnd = 0;
  #blockEnd = 0;
  /** Where the old values end. */
  #oldsEnd = 0;
  #markedAt = 0;
  #markedManyEnd = 0;
  #markedOldEnd = 0;

  /** Turns to the records from `start` to `end`. */
  open(view: DataView, start: number, end: number): void {
    this.#view = view;
    this.#at = start;
    this.#manyEnd = start;
    this.#blockEnd = end;
    this.#findOldValues();
  }

  /** Notes this place, to come {@link back} to it. */
  mark(): void {
    this.#markedAt = this.#at;
    this.#markedManyEnd = this.#manyEnd;
    this.#markedOldEnd = this.oldEnd;
  }

  back(): void {
    this.#at = this.#markedAt;
    this.#manyEnd = this.#markedManyEnd;
    this.oldEnd = this.#markedOldEnd;
  }

  /** Goes to the next change. */
  next(): ChangeStep {
    // A record of several may have none.
    while (this.#at >= this.#manyEnd) {
      if (this.#at >= this.#blockEnd) return 'end';
      const body = this.#at + RECORD_HEADER_BYTES;
      if (body > this.#blockEnd) return 'bad';
      const kind = this.#view.getUint32(this.#at + 4, true);
      const end = body + this.#view.getUint32(this.#at, true);
      if (end > this.#blockEnd) return 'bad';
      if (kind === ONE_CHANGE) {
        this.#manyEnd = end;
        return this.#take(body, end);
      }
      if (kind !== MANY_CHANGES && kind !== OLD_VALUES) return 'entries';
      this.#at = kind === OLD_VALUES ? end : body;
      this.#manyEnd = end;
    }
    const start = this.#at + CHANGE_HEADER_BYTES;
    if (start > this.#manyEnd) return 'bad';
    return this.#take(start, start + this.#view.getUint32(this.#at, true));
  }

  #take(start: number, end: number): ChangeStep {
    if (end > this.#manyEnd) return 'bad';
    this.start = start;
    this.end = end;
    this.#at = end;
    return this.isOldKnown && !this.#takeOld() ? 'bad' : 'change';
  }

  #takeOld(): boolean {
    const start = this.oldEnd + OLD_VALUE_HEADER_BYTES;
    if (start > this.#oldsEnd) return false;
    this.oldEnd = start + this.#view.getUint32(this.oldEnd, true);
    this.oldStart = start;
    return this.oldEnd <= this.#oldsEnd;
  }

  /** Looks for the record of old values, which stands behind all others. */
  #findOldValues(): void {
    this.isOldKnown = false;
    for (let at = this.#at; at + RECORD_HEADER_BYTES <= this.#blockEnd; ) {
      const body = at + RECORD_HEADER_BYTES;
      const end = body + this.#view.getUint32(at, true);
      if (this.#view.getUint32(at + 4, true) === OLD_VALUES) {
        this.isOldKnown = end <= this.#blockEnd;
        this.oldEnd = body;
        this.#oldsEnd = end;
        return;
      }
      at = end;
    }
  }
}
