import { describe, expect, it } from 'vitest';
import {
  type Awaitable,
  hget,
  hset,
  isPromise,
  MemoryStorage,
  type Storage,
  type Value,
  valueFromMessage,
  valueToMessage,
  whenReady,
} from './index.js';

describe('this package alone', () => {
  it('is enough to test a command', () => {
    const storage = new MemoryStorage();
    hset({ table: 't', pair: { key: 'k', value: valueToMessage(1n) } }, { storage });
    const response = hget({ table: 't', key: 'k' }, { storage });
    expect(whenReady(response, ({ values }) => values.map(valueFromMessage))).toEqual([1n]);
  });

  it('is enough to write a storage engine that answers at once where it can', async () => {
    const inner: Storage = new MemoryStorage();
    const reads: string[] = [];
    const logging: Storage = Object.assign(Object.create(inner), {
      get(table: string, key: string): Awaitable<Value | undefined> {
        const value = inner.get(table, key);
        reads.push(isPromise(value) ? 'later' : 'at once');
        return value;
      },
    });
    expect(await hget({ table: 't', key: 'k' }, { storage: logging })).toMatchObject({
      status: 404,
    });
    expect(reads).toEqual(['at once']);
  });
});
