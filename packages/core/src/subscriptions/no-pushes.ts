import { KvError } from '@kv/protocol';

/** The error of a command that is about subscriptions, to a peer that can have none. */
export function noPushes(): KvError {
  return new KvError('UNSUPPORTED', 'Nothing can be pushed to this peer');
}
