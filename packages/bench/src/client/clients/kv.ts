import { connect } from '@kv/client';
import { batches, TABLE } from '../../data.js';

import type { OpenClient } from '../bench-client.js';

export const openKv: OpenClient = async (port) => {
  const client = await connect(`kv://127.0.0.1:${port}`);
  return {
    async fill(data) {
      for (const batch of batches(data)) await client.hmset(TABLE, batch);
    },
    hget: (key) => client.hget(TABLE, key),
    close: () => client.close(),
  };
};
