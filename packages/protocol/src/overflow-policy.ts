/** What a policy may do to a queue that is full. */
export interface FullQueue {
  /** Drops the item that has waited longest. */
  drop(): void;
}

/** What happens when a queue is full: how a slow consumer is kept from costing more and more. */
export interface OverflowPolicy {
  /**
   * Makes some room, if there is any to be made; asked again if it is not enough.
   *
   * @returns whether it has; if not, the new item is refused.
   */
  makeRoom(queue: FullQueue): boolean;
}

/**
 * The name of a policy, in options and in requests. `error`: nothing is dropped, the subscription ends with
 * `TOO_MANY_REQUESTS`. `drop-oldest`: what has waited longest is dropped, and the subscriber is told how many
 * messages it has missed.
 */
export type Overflow = 'error' | 'drop-oldest';

/** The same, of a queue whose items have keys: `conflate` has of each key the last item wait alone. */
export type QueueOverflow = Overflow | 'conflate';

/**
 * The policies there are. What becomes of a consumer whose item is refused is for those to say who fill its
 * queue: a subscriber is dropped.
 */
export const OVERFLOW_POLICIES: { readonly [Name in Overflow]: OverflowPolicy } = {
  error: { makeRoom: () => false },
  'drop-oldest': {
    makeRoom(queue) {
      queue.drop();
      return true;
    },
  },
};

/** Whether there is a policy of this name. */
export function isOverflow(name: string): name is Overflow {
  return Object.hasOwn(OVERFLOW_POLICIES, name);
}
