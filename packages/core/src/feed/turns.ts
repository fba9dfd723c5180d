import { type Awaitable, Fifo, isPromise } from '@kv/protocol';

/** What was called and has still to be told, in its turn. */
interface Turn {
  /** `undefined` as long as what was called is not answered; then it is carried out in its turn. */
  tell: (() => void) | undefined;
}

/** Has what was called told in the order in which it was called, whatever is answered first. */
export class Turns {
  readonly #turns: Fifo<Turn> = new Fifo();

  /** Whether anything waits for its turn. */
  get waiting(): boolean {
    return this.#turns.length > 0;
  }

  /**
   * Has what was called told in its turn: when the storage has answered it and all that was called before. The
   * caller gets his answer then, too.
   *
   * @throws what it was answered in the place of an answer, and what `tell` throws. Others have their turn all the same.
   */
  take<Answer, Told>(answer: Awaitable<Answer>, tell: (answer: Answer) => Told): Awaitable<Told> {
    if (!isPromise(answer) && this.#turns.length === 0) return tell(answer);
    const turn: Turn = { tell: undefined };
    this.#turns.push(turn);
    return new Promise((resolve, reject) => {
      const isReady = (finish: () => void): void => {
        turn.tell = finish;
        this.#tellReady();
      };
      Promise.resolve(answer).then(
        (ready) =>
          isReady(() => {
            try {
              resolve(tell(ready));
            } catch (error) {
              reject(error);
            }
          }),
        // What failed has not taken effect, as far as anybody knows.
        (error) => isReady(() => reject(error)),
      );
    });
  }

  #tellReady(): void {
    for (let next = this.#turns.peek(); next?.tell; next = this.#turns.peek()) {
      this.#turns.shift();
      next.tell();
    }
  }
}
