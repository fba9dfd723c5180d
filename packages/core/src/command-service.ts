import type { Awaitable, CommandMessage, CommandName, CommandResponse } from '@kv/protocol';
import type { Feed } from './feed/feed.js';
import type { Limits } from './limits.js';
import type { Storage } from './storage/storage.js';
import type { Subscriptions } from './subscriptions/subscriptions.js';
import type { Topics } from './topics/topics.js';

/** All that a command may use. */
export interface CommandContext {
  readonly storage: Storage;
  /** {@link DEFAULT_LIMITS} by default. */
  readonly limits?: Limits | undefined;
  /** The longest response that the caller can be sent, in bytes as it travels: any by default. */
  readonly maxResponseBytes?: number | undefined;
  /** Who is subscribed to which topics: nobody by default. */
  readonly topics?: Topics | undefined;
  /** The changes of the storage; absent if nobody can hear of them, as by default. */
  readonly feed?: Feed | undefined;
  /** What the caller is subscribed to; absent if nothing can be pushed to it, as by default. */
  readonly subscriptions?: Subscriptions | undefined;
}

/**
 * A command: a plain function from what was asked to what is answered. It answers at once if the
 * storage does, and knows nothing of sockets, frames, hooks or other commands.
 *
 * A miss is an answer. What cannot be carried out is thrown, or rejected, as a `KvError`; the engine
 * makes the answer of it.
 */
export type CommandService<Name extends CommandName> = (
  message: CommandMessage<Name>,
  context: CommandContext,
) => Awaitable<CommandResponse>;
