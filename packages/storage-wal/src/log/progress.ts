/** How far a log has come: sequences of changes. */
export class Progress {
  /** That of the last change which is in the log. */
  committed: number;
  /** That of the last change which is known to outlast a crash of the machine. */
  #durable: number;

  /** @param last the sequence of the last change, which is durable. */
  constructor(last: number) {
    this.committed = last;
    this.#durable = last;
  }

  get durable(): number {
    return this.#durable;
  }

  /** Notes that all changes up to a sequence are durable. */
  becameDurable(sequence: number): void {
    this.#durable = Math.max(this.#durable, sequence);
  }
}
