import { type Awaitable, type CommandResponse, Fifo, isPromise, whenReady } from '@kv/protocol';
import type { Exchange } from './exchange.js';

/** To be called when a response is with the kernel, or with the reason why it never will be. */
export type Sent = (error?: Error) => void;

/**
 * Sends a response to the peer. Called in the order of the requests. `sent` is there only if somebody
 * waits to hear. It must not throw: what cannot be sent is told to `sent`.
 */
export type Send = (response: CommandResponse, sent: Sent | undefined) => void;

/** Hands a response to its peer. */
export type Deliver = (
  response: CommandResponse,
  exchange: Exchange | undefined,
  send: Send,
) => void;

/** A place in the order of answers. */
export interface Slot {
  /** Whether the answer is there. */
  readonly ready: boolean;
  /** Hands it to the peer. */
  leave(): void;
}

/** The answers of a peer, which leave in the order of its requests. */
export class AnswerQueue {
  readonly #slots: Fifo<Slot> = new Fifo();
  readonly #deliver: Deliver;

  constructor(deliver: Deliver) {
    this.#deliver = deliver;
  }

  /** How many answers have not left yet. */
  get length(): number {
    return this.#slots.length;
  }

  /**
   * Has a response delivered after those before it: at once, if there is nothing to wait for.
   *
   * @param exchange there if hooks are to hear of the sending.
   */
  add(response: Awaitable<CommandResponse>, exchange: Exchange | undefined, send: Send): void {
    if (!isPromise(response) && this.#slots.length === 0) {
      this.#deliver(response, exchange, send);
      return;
    }
    const slot = new ResponseSlot(this.#deliver, exchange, send);
    this.#slots.push(slot);
    void whenReady(response, (ready) => {
      slot.response = ready;
      this.leave();
    });
  }

  /** Keeps the newest place. */
  push(slot: Slot): void {
    this.#slots.push(slot);
  }

  /** Whether nothing is before this place any more. */
  isFirst(slot: Slot): boolean {
    return this.#slots.peek() === slot;
  }

  /** Has all answers leave that are there and for whose turn nothing has to be waited for. */
  leave(): void {
    for (let slot = this.#slots.peek(); slot?.ready === true; slot = this.#slots.peek()) {
      this.#slots.shift();
      slot.leave();
    }
  }
}

/** A place for a response. */
class ResponseSlot implements Slot {
  response: CommandResponse | undefined;
  readonly #deliver: Deliver;
  readonly #exchange: Exchange | undefined;
  readonly #send: Send;

  constructor(deliver: Deliver, exchange: Exchange | undefined, send: Send) {
    this.#deliver = deliver;
    this.#exchange = exchange;
    this.#send = send;
  }

  get ready(): boolean {
    return this.response !== undefined;
  }

  leave(): void {
    this.#deliver(this.response as CommandResponse, this.#exchange, this.#send);
  }
}
