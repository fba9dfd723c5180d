const NO_BYTES = Buffer.alloc(0);

/**
 * Frames one behind the other, as they go to any number of peers that are sent the same ones. What is pushed to
 * many so costs each of them a reference: the bytes are put together once.
 */
export class FrameRun {
  /** How many bytes they have. */
  readonly length: number;
  readonly #before: FrameRun | undefined;
  readonly #frame: Uint8Array;
  #after: FrameRun | undefined;
  #bytes: Buffer | undefined;

  private constructor(before: FrameRun | undefined, frame: Uint8Array) {
    this.#before = before;
    this.#frame = frame;
    this.length = frame.length + (before === undefined ? 0 : before.length);
  }

  /** No frames. */
  static empty(): FrameRun {
    return new FrameRun(undefined, NO_BYTES);
  }

  /**
   * These, and then this one.
   *
   * @returns `undefined` if another frame is what goes to others behind these.
   */
  with(frame: Uint8Array): FrameRun | undefined {
    this.#after ??= new FrameRun(this, frame);
    return this.#after.#frame === frame ? this.#after : undefined;
  }

  /** Whether others have put frames behind these. */
  get isContinued(): boolean {
    return this.#after !== undefined;
  }

  /** All their bytes. Nobody may change them. */
  get bytes(): Buffer {
    if (this.#bytes === undefined) {
      const bytes = Buffer.allocUnsafeSlow(this.length);
      let end = this.length;
      for (let run: FrameRun | undefined = this; run !== undefined; run = run.#before) {
        end -= run.#frame.length;
        bytes.set(run.#frame, end);
      }
      this.#bytes = bytes;
    }
    return this.#bytes;
  }
}

/** Where the runs of frames begin that go to the peers of a transport. */
export class FrameRuns {
  #empty: FrameRun = FrameRun.empty();

  /** A run of no frames, behind which others may have put some. */
  get begin(): FrameRun {
    return this.#empty;
  }

  /** Lets go of all that were begun: they have been written, and the next are others. */
  letGo(): void {
    // Each of the peers says so, and the first has let go of all.
    if (this.#empty.isContinued) this.#empty = FrameRun.empty();
  }
}
