import {
  type CommandName,
  type CommandRequest,
  commandRequest,
  KvError,
  okResponse,
  valueToMessage,
} from '@kv/protocol';
import { describe, expect, it } from 'vitest';
import { dispatch } from './dispatch.js';
import { DEFAULT_LIMITS } from './limits.js';
import { MemoryStorage } from './storage/memory-storage.js';
import type { Storage } from './storage/storage.js';

const named = (name: string): CommandRequest =>
  ({ requestData: { case: name, value: {} } }) as unknown as CommandRequest;

describe('dispatching a request', () => {
  it('has it carried out by the service of its command', () => {
    const storage = new MemoryStorage();
    storage.set('t', 'k', 'v');
    expect(dispatch(commandRequest('hget', { table: 't', key: 'k' }), { storage })).toEqual(
      okResponse([valueToMessage('v')]),
    );
    expect(dispatch(commandRequest('hexist', { table: 't', key: 'k' }), { storage })).toEqual(
      okResponse([valueToMessage(true)]),
    );
  });

  it('gives a promise if the service does', async () => {
    const storage: Storage = Object.assign(new MemoryStorage(), { get: async () => 'later' });
    const response = dispatch(commandRequest('hget', { table: 't', key: 'k' }), { storage });
    expect(response).toBeInstanceOf(Promise);
    expect(await response).toEqual(okResponse([valueToMessage('later')]));
  });

  it('hands the limits on', () => {
    const context = { storage: new MemoryStorage(), limits: { ...DEFAULT_LIMITS, maxKeyBytes: 1 } };
    expect(() => dispatch(commandRequest('hget', { table: 't', key: 'kk' }), context)).toThrow(
      expect.objectContaining({ code: 'TOO_LARGE' }),
    );
  });

  it.each<[string, CommandRequest]>([
    ['no command', { requestData: { case: undefined } }],
    ['nothing', JSON.parse('null')],
    ['what holds no request', JSON.parse('{}')],
  ])('refuses %s', (_, request) => {
    expect(() => dispatch(request, { storage: new MemoryStorage() })).toThrow(
      KvError.invalidCommand('Request has no data'),
    );
  });

  it.each(['nope', '__proto__', 'constructor', 'toString'])('knows no command %s', (name) => {
    expect(() => dispatch(named(name), { storage: new MemoryStorage() })).toThrow(
      KvError.invalidCommand(`there is no command '${name}'`),
    );
  });

  it.each([undefined, null, 'k', 1])(
    'refuses a command that comes with %j, in place of a message',
    (value) => {
      const request = { requestData: { case: 'hget', value } } as unknown as CommandRequest;
      expect(() => dispatch(request, { storage: new MemoryStorage() })).toThrow(
        KvError.invalidCommand('hget must come with an object'),
      );
    },
  );

  it.each<[CommandName, object]>([
    ['hget', {}],
    ['hgetall', { table: 1 }],
    ['hmget', { table: 't' }],
    ['hmget', { table: 't', keys: 'abc' }],
    ['hmget', { table: 't', keys: [null] }],
    ['hmget', { table: 't', keys: new Array(1) }],
    ['hmdel', { table: 't', keys: new Set(['k']) }],
    ['hmexist', { table: 't', keys: null }],
    ['hscan', { table: 't' }],
    ['hscan', { table: 't', cursor: '', limit: 0, prefix: '' }],
    ['hscan', { table: 't', cursor: new Uint8Array(0), limit: -1, prefix: '' }],
    ['hscan', { table: 't', cursor: new Uint8Array(0), limit: 0.5, prefix: '' }],
    ['hscan', { table: 't', cursor: new Uint8Array(0), limit: '9', prefix: '' }],
    ['hscan', { table: 't', cursor: new Uint8Array(0), limit: 0, prefix: null }],
    ['hscan', { table: 't', cursor: new Uint8Array(0), limit: 0, prefix: '\ud800' }],
    ['hset', { table: 't', pair: null }],
    ['hset', { table: 't', pair: 'k' }],
    ['hset', { table: 't', pair: { key: 'k', value: null } }],
    ['hset', { table: 't', pair: { key: 'k', value: {} } }],
    ['hset', { table: 't', pair: { key: 'k', value: 'v' } }],
    ['hmset', { table: 't' }],
    ['hmset', { table: 't', pairs: { k: 'v' } }],
    ['hmset', { table: 't', pairs: [null] }],
    ['hmset', { table: 't', pairs: new Array(1) }],
  ])(
    'refuses a message of another shape, as anything may come from JavaScript: %s %o',
    (name, message) => {
      const request = { requestData: { case: name, value: message } } as CommandRequest;
      expect(() => dispatch(request, { storage: new MemoryStorage() })).toThrow(
        expect.objectContaining({ code: 'INVALID_COMMAND' }),
      );
    },
  );
});
