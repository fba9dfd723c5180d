import type { CommandRequest, CommandResponse } from './messages.js';

/** A subscription, to those who bring it what is pushed. */
export interface PushTarget {
  /** Its id on the connection, while it is in place. */
  id: number | undefined;
  /** What asks the server for it. */
  readonly request: CommandRequest;
  /** What the request to end it calls it. */
  readonly topic: string;
  readonly signal: AbortSignal | undefined;
  /** Whether it wants no more. */
  readonly ended: boolean;
  /**
   * Takes what was pushed to it: a message, or, with a status of failure, why no more come.
   *
   * @param missed how many messages before this one were dropped.
   */
  receive(response: CommandResponse, missed: number): void;
  /** Messages may be missing from here on. */
  interrupt(): void;
  /** Ends it for this reason. */
  fail(error: unknown): void;
  /** Ends it. */
  close(): void;
}

/** The subscriptions of a client, and whose is what is pushed to it. */
export class Inboxes {
  /** All that have not ended, in the order in which they were asked for. */
  readonly #all: Set<PushTarget> = new Set();
  /** Those that are in place, by the ids that they have on the connection. */
  readonly #byId: Map<number, PushTarget> = new Map();

  /** All that have not ended. */
  [Symbol.iterator](): Iterator<PushTarget> {
    return this.#all.values();
  }

  /** Keeps one that is to be put in place. */
  add(inbox: PushTarget): void {
    this.#all.add(inbox);
  }

  /** One is in place, under this id. */
  place(inbox: PushTarget, id: number): void {
    inbox.id = id;
    this.#byId.set(id, inbox);
  }

  /** Lets go of one that has ended. */
  delete(inbox: PushTarget): void {
    this.#all.delete(inbox);
    this.#displace(inbox);
  }

  /**
   * Hands on what was pushed. What is for nobody was on its way when its subscription ended.
   *
   * @param missed how many messages before this one were dropped.
   */
  deliver(id: number, response: CommandResponse, missed: number): void {
    const inbox = this.#byId.get(id);
    if (inbox === undefined) return;
    // The server has ended it: there it has no id any more.
    if (response.status >= 300) this.#displace(inbox);
    inbox.receive(response, missed);
  }

  /**
   * There is no connection any more: none is in place.
   *
   * @returns those that were.
   */
  displaceAll(): PushTarget[] {
    const displaced = [...this.#byId.values()];
    for (const inbox of displaced) inbox.id = undefined;
    this.#byId.clear();
    return displaced;
  }

  /** Ends all. */
  close(): void {
    for (const inbox of this.#all) inbox.close();
  }

  #displace(inbox: PushTarget): void {
    if (inbox.id !== undefined) this.#byId.delete(inbox.id);
    inbox.id = undefined;
  }
}
