import type { AnswerSink, CommandResponse } from '@kv/core';
import { ByteWriter, Fifo, straightLineCodec } from '@kv/protocol';

/** What a lane answers later, in order: each a `CommandResponse`. */
export class LaneAnswers implements AnswerSink {
  readonly #waiting = new Fifo<(answer: Buffer) => void>();
  #out = new ByteWriter();

  /** The answer that is the next after those that are waited for already. */
  next(): Promise<Buffer> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  begin(): ByteWriter {
    return this.#out;
  }

  end(): void {
    this.#waiting.shift()?.(Buffer.from(this.#out.take()));
  }

  cancel(): void {
    this.#out = new ByteWriter();
  }

  readonly send = (response: CommandResponse): void => {
    straightLineCodec.encodeResponse(response, this.#out);
    this.end();
  };
}
