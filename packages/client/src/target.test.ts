import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { connect } from './client.js';
import { openerOf, type Target } from './target.js';

describe('a target', () => {
  it.each([
    ['kv://127.0.0.1:9527'],
    ['kv://localhost'],
    ['kv://[::1]:1'],
    ['kv://example.org:65535/'],
    ['kvs://example.org'],
    ['kvs://[::1]:1'],
    ['unix:/run/kv.sock'],
    ['unix:///run/kv.sock'],
    ['/run/kv.sock'],
    ['./kv.sock'],
    ['unix:kv.sock'],
  ])('may be %s', (target) => {
    expect(openerOf(target).name).toBe(target);
  });

  it.each([
    [''],
    ['unix:'],
    ['localhost'],
    ['localhost:9527'],
    ['http://localhost:9527'],
    ['kv:localhost'],
    ['kv://'],
    ['kvs://'],
    ['kvs:localhost'],
    ['kv://localhost:65536'],
    ['kv://localhost:x'],
    ['kv://localhost/table'],
    ['kv://user@localhost'],
    ['kv://localhost?a=b'],
  ])('is refused if it is %j', async (target) => {
    await expect(connect(target)).rejects.toThrow(TypeError);
    await expect(connect(target)).rejects.toThrow(
      'neither kv://host:port, kvs://host:port nor the path of a unix',
    );
  });

  it('is refused if its path is too long for a unix socket', async () => {
    await expect(connect(`/${'x'.repeat(103)}`)).rejects.toThrow(RangeError);
  });

  it.each<[string, Target]>([
    ['a plain address', 'kv://localhost'],
    ['a function', () => new PassThrough()],
  ])('is refused with TLS options if it is %s, rather than served without', async (_, target) => {
    await expect(connect(target, { tls: {} })).rejects.toThrow(TypeError);
    await expect(connect(target, { tls: {} })).rejects.toThrow('The option tls is for kvs://');
  });
});
