import { KvError, okResponse } from '@kv/protocol';
import type { CommandService } from '../command-service.js';
import { noPushes } from '../subscriptions/no-pushes.js';

/**
 * Ends a subscription of the peer's. Answers no values; 404 if it has none of this id, or that is not to this
 * topic. To a pattern it is by the pattern or by no topic.
 */
export const unsubscribe: CommandService<'unsubscribe'> = ({ topic, id }, { subscriptions }) => {
  if (subscriptions === undefined) throw noPushes();
  const subscription = subscriptions.find(id);
  if (subscription === undefined || !subscription.source.isCalled(topic)) {
    throw new KvError('NOT_FOUND', `Not found: subscription ${id} to topic '${topic}'`);
  }
  subscription.close();
  return okResponse([]);
};
