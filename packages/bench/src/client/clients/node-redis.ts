import { createClient } from '@redis/client';
import { batches, TABLE } from '../../data.js';

import type { OpenClient } from '../bench-client.js';

export const openNodeRedis: OpenClient = async (port) => {
  const redis = await createClient({ socket: { host: '127.0.0.1', port } }).connect();
  return {
    async fill(data) {
      for (const batch of batches(data)) await redis.hSet(TABLE, new Map(batch));
    },
    hget: (key) => redis.hGet(TABLE, key),
    close: () => redis.close(),
  };
};
