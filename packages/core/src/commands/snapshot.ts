import { KvError, okResponse, valueToMessage, whenReady } from '@kv/protocol';
import type { CommandService } from '../command-service.js';

/** Has the storage take a snapshot, and answers its bytes; 501 if it takes none. */
export const snapshot: CommandService<'snapshot'> = (_, { storage }) => {
  if (storage.snapshot === undefined) {
    throw new KvError('UNSUPPORTED', 'This storage takes no snapshots');
  }
  return whenReady(storage.snapshot(), ({ bytes }) => okResponse([valueToMessage(BigInt(bytes))]));
};
