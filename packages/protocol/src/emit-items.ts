import type { EventEmitter } from 'eventemitter3';
import type { SubscriptionEvents } from './subscription.js';

/** Emits all items that an iteration gives, and then why it has ended. A listener that throws does no harm. */
export async function emitItems<Item>(
  items: AsyncIterable<Item>,
  emitter: EventEmitter<SubscriptionEvents<Item>>,
): Promise<void> {
  try {
    for await (const item of items) attempt(() => emitter.emit('item', item));
  } catch (error) {
    if (!attempt(() => emitter.emit('error', error))) warn(error);
  }
  attempt(() => emitter.emit('end'));
}

/** Calls listeners. What they throw becomes a warning of the process. */
export function attempt(emit: () => boolean): boolean {
  try {
    return emit();
  } catch (error) {
    warn(error);
    return true;
  }
}

function warn(thrown: unknown): void {
  process.emitWarning(thrown instanceof Error ? thrown : String(thrown));
}
