import type { Inbox } from './inbox.js';
import type { Position } from './position.js';
import type { Gap } from './subscription.js';
import type { Pushed } from './watch-item.js';
import type { WatchOverflow } from './watch-options.js';
import type { WatchReader } from './watch-reader.js';

/** What a watch is made of. */
export interface WatchParts {
  readonly table: string;
  /** The one key that is watched; none, if it is empty. */
  readonly key: string;
  /** What is pushed: the changes after `start`, some of which may be dropped. */
  readonly live: Inbox<Pushed>;
  readonly start: Position;
  /** Where it begins: at `start`, if nothing is said. */
  readonly after: Position | undefined;
  readonly snapshot: boolean;
  readonly overflow: WatchOverflow;
  /** Told of what is missing for good. */
  readonly onGap: ((gap: Gap) => void) | undefined;
  readonly reader: Pick<WatchReader, 'pull' | 'copy' | 'read'>;
}
