import type { PushedMessage } from '@kv/protocol';
import type { Subscription } from '../subscriptions/subscription.js';
import type { SubscriptionSource } from '../subscriptions/subscription-source.js';

/** Those who are subscribed to one topic. */
export class TopicSource implements SubscriptionSource {
  readonly name: string;
  readonly weight: number = 1;
  readonly #subscriptions: Set<Subscription> = new Set();
  readonly #among: Map<string, TopicSource>;

  /** @param among where it is found by its name, as long as somebody is subscribed. */
  constructor(name: string, among: Map<string, TopicSource>) {
    this.name = name;
    this.#among = among;
  }

  isCalled(topic: string): boolean {
    return topic === this.name;
  }

  join(subscription: Subscription): void {
    if (this.#subscriptions.size === 0) this.#among.set(this.name, this);
    this.#subscriptions.add(subscription);
  }

  leave(subscription: Subscription): void {
    this.#subscriptions.delete(subscription);
    if (this.#subscriptions.size === 0) this.#among.delete(this.name);
  }

  /** @returns how many got it. */
  deliver(message: PushedMessage): number {
    let delivered = 0;
    for (const subscription of this.#subscriptions) {
      if (subscription.deliver(message)) delivered++;
    }
    return delivered;
  }
}
