import { KvError } from '@kv/core';
import { describe, expect, test } from 'vitest';
import { advising } from './advising.js';

describe('items with advice', () => {
  async function* failing(error: unknown): AsyncGenerator<number> {
    yield 1;
    throw error;
  }

  test('end with an error that says what to do about it', async () => {
    const error = new KvError('GONE', 'not kept any more');
    const items = advising('GONE', 'begin anew', failing(error));
    expect(await items.next()).toEqual({ done: false, value: 1 });
    await expect(items.next()).rejects.toMatchObject({
      ...{ code: 'GONE', message: 'not kept any more; begin anew', cause: error },
    });
  });

  test.each([new KvError('FORBIDDEN', 'not you'), new Error('broken')])(
    'end with any other as it is: %s',
    async (error) => {
      const items = advising('GONE', 'begin anew', failing(error));
      await items.next();
      await expect(items.next()).rejects.toBe(error);
    },
  );
});
