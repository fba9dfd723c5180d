import { expect, test } from 'vitest';
import { loadingSeconds } from './loading-seconds.js';

// As Redis 7.0.15 prints it.

const APPEND_ONLY = `
5256:M 28 Nov 2026 11:33:14.183 * Reading RDB base file on AOF loading...
5256:M 28 Nov 2026 11:33:14.183 * Loading RDB produced by version 7.0.15
5256:M 28 Nov 2026 11:33:14.183 * RDB is base AOF
5256:M 28 Nov 2026 11:33:14.183 * Done loading RDB, keys loaded: 0, keys expired: 0.
5256:M 28 Nov 2026 11:33:14.183 * DB loaded from base file appendonly.aof.1.base.rdb: 0.000 seconds
5256:M 28 Nov 2026 11:33:15.359 * DB loaded from incr file appendonly.aof.1.incr.aof: 1.176 seconds
5256:M 28 Nov 2026 11:33:15.359 * DB loaded from append only file: 1.177 seconds
5256:M 28 Nov 2026 11:33:15.359 * Opening AOF incr file appendonly.aof.1.incr.aof on server start
5256:M 28 Nov 2026 11:33:15.359 * Ready to accept connections
`;

const SNAPSHOT = `
5448:M 28 Nov 2026 11:33:15.199 * Loading RDB produced by version 7.0.15
5448:M 28 Nov 2026 11:33:15.839 * Done loading RDB, keys loaded: 1, keys expired: 0.
5448:M 28 Nov 2026 11:33:15.839 * DB loaded from disk: 0.640 seconds
5448:M 28 Nov 2026 11:33:15.839 * Ready to accept connections
`;

test('an append-only file took what all of its parts did', () => {
  expect(loadingSeconds(APPEND_ONLY)).toBe(1.177);
});

test('an RDB file took what it says', () => {
  expect(loadingSeconds(SNAPSHOT)).toBe(0.64);
});

test('what takes less than Redis tells took no longer than that', () => {
  expect(loadingSeconds('* DB loaded from disk: 0.000 seconds')).toBe(0.001);
});

test.each(['* DB loaded from base file appendonly.aof.1.base.rdb: 0.000 seconds', '* Ready'])(
  'nothing is loaded by %j alone',
  (printed) => {
    expect(() => loadingSeconds(printed)).toThrow('nothing');
  },
);
