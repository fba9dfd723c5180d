/** How far a log has come: sequences of changes. */
export class Progress {
  /** That of the last change which is in the log. */
  committed: number;
  /** Told when more is durable. */
  onDurable: () => void = () => {};
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
    if (sequence <= this.#durable) return;
    this.#durable = sequence;
    this.onDurable();
  }
}
