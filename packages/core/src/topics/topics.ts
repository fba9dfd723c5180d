import { okResponse, PushedResponse, type ValueMessage } from '@kv/protocol';
import type { SubscriptionSource } from '../subscriptions/subscription-source.js';
import { PatternSource } from './pattern-source.js';
import { TopicSource } from './topic-source.js';

/**
 * Who is subscribed to what, over all peers of an engine. A topic is there as long as somebody is subscribed to
 * it. Publishing costs one look-up, one match for each different pattern, and one delivery for each subscriber;
 * while nobody is subscribed to anything, next to nothing.
 */
export class Topics {
  readonly #byName: Map<string, TopicSource> = new Map();
  readonly #byPattern: Map<string, PatternSource> = new Map();

  /** What subscribers to this topic join. */
  topic(name: string): SubscriptionSource {
    return this.#byName.get(name) ?? new TopicSource(name, this.#byName);
  }

  /** What subscribers to all topics of this pattern join. */
  pattern(pattern: string): SubscriptionSource {
    return this.#byPattern.get(pattern) ?? new PatternSource(pattern, this.#byPattern);
  }

  /**
   * Delivers a message to all who are subscribed to `topic` at this moment.
   *
   * @param data must not be changed afterwards.
   * @returns how many subscriptions got it.
   */
  publish(topic: string, data: ValueMessage[]): number {
    const named = this.#byName.get(topic);
    if (named === undefined && this.#byPattern.size === 0) return 0;
    const message = new PushedResponse({ ...okResponse(data), topic });
    let delivered = named === undefined ? 0 : named.deliver(message);
    for (const source of this.#byPattern.values()) {
      if (source.pattern.matches(topic)) delivered += source.deliver(message);
    }
    return delivered;
  }
}
