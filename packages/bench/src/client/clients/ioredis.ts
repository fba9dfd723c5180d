import { Redis } from 'ioredis';
import { batches, TABLE } from '../../data.js';

import type { BenchClient } from '../bench-client.js';

export async function openIoredis(port: number, autoPipelining: boolean): Promise<BenchClient> {
  const redis = new Redis(port, { lazyConnect: true, enableAutoPipelining: autoPipelining });
  await redis.connect();
  return {
    async fill(data) {
      for (const batch of batches(data)) await redis.hset(TABLE, new Map(batch));
    },
    hget: (key) => redis.hget(TABLE, key),
    close: () => redis.quit(),
  };
}
