import {
  type CommandRequest,
  Engine,
  responseError,
  type Session,
  type Storage,
  type Value,
  valueFromMessage,
} from '@kv/core';
import { type Awaitable, ByteWriter, straightLineCodec } from '@kv/protocol';
import { LaneAnswers } from '../lane-answers.js';

type Answer = readonly (Value | undefined)[];

/** Calls by the lane of a storage, as a transport makes them. */
export class LaneCalls {
  readonly #session: Session;
  readonly #later = new LaneAnswers();

  constructor(storage: Storage) {
    this.#session = new Engine({ storage }).openSession({ transport: 'crash', address: 'here' });
  }

  /**
   * Asks for something about a single key.
   *
   * @returns the values of the response, at once or later; `undefined`, with nothing done, if the lane leaves it to
   * the storage's methods.
   */
  call(request: CommandRequest): Awaitable<Answer> | undefined {
    const bytes = new ByteWriter();
    straightLineCodec.encodeRequest(request, bytes);
    const out = new ByteWriter();
    const outcome = this.#session.answer(bytes.bytes, 0, bytes.length, out, 0, this.#later);
    switch (outcome) {
      case 'answered':
        return valuesOf(out.take());
      case 'deferred':
        return this.#later.next().then(valuesOf);
      case 'declined':
        return undefined;
    }
  }
}

/** @throws what the response says went wrong. */
function valuesOf(bytes: Uint8Array): Answer {
  const response = straightLineCodec.decodeResponse(bytes, 0, bytes.length);
  const error = responseError(response);
  if (error?.code === 'NOT_FOUND') return [undefined];
  if (error !== undefined) throw error;
  return response.values.map((value) => valueFromMessage(value) ?? undefined);
}
