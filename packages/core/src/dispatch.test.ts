import {
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
    ['a command that there is not', named('nope')],
    ['__proto__', named('__proto__')],
    ['constructor', named('constructor')],
    ['toString', named('toString')],
    ['nothing', JSON.parse('null')],
    ['what holds no request', JSON.parse('{}')],
  ])('refuses %s', (_, request) => {
    expect(() => dispatch(request, { storage: new MemoryStorage() })).toThrow(
      KvError.invalidCommand('Request has no data'),
    );
  });
});
