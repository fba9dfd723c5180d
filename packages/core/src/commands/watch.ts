import { KvError, okResponse, positionToMessage, valueToMessage } from '@kv/protocol';
import type { CommandService } from '../command-service.js';
import { ChangeFilter } from '../feed/change-filter.js';
import { WatchSource } from '../feed/watch-source.js';
import { checkTable, DEFAULT_LIMITS } from '../limits.js';
import { noPushes } from '../subscriptions/no-pushes.js';
import { settingsOf } from '../subscriptions/subscriber-settings.js';

/**
 * Has the peer told each change of a table from now on, or of some of its keys. Answers the subscription's id, an
 * integer, and the position after which changes are told. 501 where nothing can be pushed, 429 for more
 * subscriptions than a connection may have.
 */
export const watch: CommandService<'watch'> = (
  { table, key, prefix, maxMessages, maxBytes, overflow },
  { feed, subscriptions, limits = DEFAULT_LIMITS },
) => {
  checkTable(table, limits);
  const filter = ChangeFilter.of(key, prefix, limits);
  const settings = settingsOf(maxMessages, maxBytes, overflow, limits, true);
  if (subscriptions === undefined) throw noPushes();
  if (feed === undefined) throw new KvError('UNSUPPORTED', 'There are no feeds here');
  const source = new WatchSource(feed, table, filter);
  const { id } = subscriptions.open(source, settings);
  const response = okResponse([valueToMessage(BigInt(id))]);
  return { ...response, position: positionToMessage(source.position) };
};
