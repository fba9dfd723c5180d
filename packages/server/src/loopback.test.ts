import { expect, test } from 'vitest';
import { isLocal } from './loopback.js';

test.each([
  ['kv://127.0.0.1:9527', true],
  ['kv://127.1.2.3:9527', true],
  ['kv://[::1]:9527', true],
  ['kv://[::ffff:127.0.0.1]:9527', true],
  ['kvs://127.0.0.1:9527', true],
  ['kvs://10.0.0.7:9527', false],
  ['unix:/run/kv.sock', true],
  ['kv://0.0.0.0:9527', false],
  ['kv://[::]:9527', false],
  ['kv://10.0.0.7:9527', false],
  ['kv://[fe80::1%eth0]:9527', false],
  ['kv://[::ffff:10.0.0.7]:9527', false],
  ['kv://example.org:9527', false],
])('%s is local: %s', (url, local) => {
  expect(isLocal({ url })).toBe(local);
});
