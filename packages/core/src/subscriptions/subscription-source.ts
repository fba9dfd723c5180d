import type { Subscription } from './subscription.js';

/** What can be subscribed to. It delivers to those who have joined, until they leave. */
export interface SubscriptionSource {
  /** How many a subscription to it counts as: more than one, if it costs others more. */
  readonly weight: number;
  /** Whether this is what a request calls it that ends a subscription. */
  isCalled(topic: string): boolean;
  /** Delivers to this one from now on. */
  join(subscription: Subscription): void;
  /** Delivers no more to this one. Called once, also from within a delivery to it. */
  leave(subscription: Subscription): void;
}
