import { describe, expect, it } from 'vitest';
import { connect } from './client.js';
import { openerOf } from './target.js';

describe('a target', () => {
  it.each([
    ['kv://127.0.0.1:9527'],
    ['kv://localhost'],
    ['kv://[::1]:1'],
    ['kv://example.org:65535/'],
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
    ['kv://localhost:65536'],
    ['kv://localhost:x'],
    ['kv://localhost/table'],
    ['kv://user@localhost'],
    ['kv://localhost?a=b'],
  ])('is refused if it is %j', async (target) => {
    await expect(connect(target)).rejects.toThrow(TypeError);
    await expect(connect(target)).rejects.toThrow('neither kv://host:port nor the path of a unix');
  });

  it('is refused if its path is too long for a unix socket', async () => {
    await expect(connect(`/${'x'.repeat(103)}`)).rejects.toThrow(RangeError);
  });
});
