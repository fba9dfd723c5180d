import type { OpenClient } from './bench-client.js';

/** A client, by the name under which it is shown. */
export type ClientName = '@kv/client' | 'ioredis' | 'ioredis, auto-pipelining' | '@redis/client';

interface Entry {
  /** The server that it speaks with. */
  readonly server: 'kv' | 'redis';
  readonly open: OpenClient;
}

/** All clients that are measured. Each is loaded only by the process that measures it. */
export const CLIENTS: Readonly<Record<ClientName, Entry>> = {
  '@kv/client': {
    server: 'kv',
    open: async (port) => (await import('./clients/kv.js')).openKv(port),
  },
  ioredis: {
    server: 'redis',
    open: async (port) => (await import('./clients/ioredis.js')).openIoredis(port, false),
  },
  // Off unless asked for, and what its documentation recommends for many calls at a time.
  'ioredis, auto-pipelining': {
    server: 'redis',
    open: async (port) => (await import('./clients/ioredis.js')).openIoredis(port, true),
  },
  '@redis/client': {
    server: 'redis',
    open: async (port) => (await import('./clients/node-redis.js')).openNodeRedis(port),
  },
};
