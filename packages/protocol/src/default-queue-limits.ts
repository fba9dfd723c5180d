import type { QueueLimits } from './waiting-queue.js';

/** What may wait for a subscriber, where nobody says otherwise. */
export const DEFAULT_QUEUE_LIMITS: QueueLimits = { maxMessages: 10_000, maxBytes: 1024 * 1024 };
