import { describe, expect, it, vi } from 'vitest';
import { ERROR_STATUS, KvError, type KvErrorCode } from './kv-error.js';

const CODES = Object.keys(ERROR_STATUS) as KvErrorCode[];

describe('a KvError', () => {
  it('says what happened, what kind of error it is, and what caused it', () => {
    const cause = new Error('disk');
    const error = new KvError('STORAGE_FAILURE', 'The storage failed', { cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'KvError',
      code: 'STORAGE_FAILURE',
      status: 507,
      message: 'The storage failed',
      cause,
    });
  });

  it('of an invalid command is in the words of the reference implementation', () => {
    const cause = new Error('why');
    const error = KvError.invalidCommand('Request has no data', { cause });
    expect(error.code).toBe('INVALID_COMMAND');
    expect(error.message).toBe('Command is invalid: `Request has no data`');
    expect(error.cause).toBe(cause);
  });
});

describe('a code that there is not', () => {
  it.each(['TEAPOT', 'toString', '__proto__', ''])(
    'makes no error, but one of the caller: %j',
    (code) => {
      expect(() => new KvError(code as KvErrorCode, 'm')).toThrow(TypeError);
    },
  );
});

describe('two copies of this package', () => {
  /** The class of errors of another copy. */
  async function another(): Promise<typeof KvError> {
    vi.resetModules();
    const copy = await import('./kv-error.js');
    return copy.KvError;
  }

  it('know the errors of each other', async () => {
    const Other = await another();
    const [mine, theirs] = [new KvError('FORBIDDEN', 'no'), new Other('FORBIDDEN', 'no')];
    expect(Other).not.toBe(KvError);
    expect([theirs instanceof KvError, mine instanceof Other]).toEqual([true, true]);
    expect([KvError.from(theirs), Other.from(mine)]).toEqual([theirs, mine]);
    expect(KvError.from(theirs)).toBe(theirs);
  });

  it('show nothing of how they do', () => {
    const error = new KvError('FORBIDDEN', 'no');
    expect(Reflect.ownKeys(error).sort()).toEqual(['code', 'message', 'name', 'stack']);
  });

  it.each([
    new Error('e'),
    { code: 'FORBIDDEN', name: 'KvError' },
    {},
    null,
    undefined,
    'KvError',
    () => {},
  ])('take %s for none', (value) => {
    expect((value as unknown) instanceof KvError).toBe(false);
  });

  it('leave a derived class its own', () => {
    class QuotaError extends KvError {}
    const error = new QuotaError('TOO_MANY_REQUESTS', 'slow down');
    expect([error instanceof QuotaError, error instanceof KvError]).toEqual([true, true]);
    expect(new KvError('FORBIDDEN', 'no') instanceof QuotaError).toBe(false);
  });
});

describe('codes and statuses', () => {
  it('are one to one', () => {
    expect(new Set(Object.values(ERROR_STATUS)).size).toBe(CODES.length);
  });

  it.each(CODES)('%s goes over the wire and comes back', (code) => {
    const { status } = new KvError(code, 'm');
    expect(KvError.fromStatus(status, 'm')).toMatchObject({ code, status, message: 'm' });
  });

  it.each(CODES)('%s is a status of an error', (code) => {
    expect(ERROR_STATUS[code]).toBeGreaterThanOrEqual(400);
    expect(ERROR_STATUS[code]).toBeLessThan(600);
  });

  it.each<[number, KvErrorCode]>([
    [418, 'INVALID_COMMAND'],
    [402, 'INVALID_COMMAND'],
    [599, 'INTERNAL'],
    [505, 'INTERNAL'],
    [600, 'INTERNAL'],
    [399, 'INTERNAL'],
    [0, 'INTERNAL'],
  ])('take the unknown status %i for the general code of its class, %s', (status, code) => {
    expect(KvError.fromStatus(status, 'm')).toMatchObject({ code, message: 'm' });
  });
});

describe('making a KvError of what was thrown', () => {
  it('leaves a KvError as it is', () => {
    const error = new KvError('FORBIDDEN', 'no');
    expect(KvError.from(error)).toBe(error);
  });

  it.each([
    new Error('secret'),
    new TypeError('secret'),
    'secret',
    undefined,
    null,
    { code: 'NOT_FOUND' },
  ])('tells nothing of %s, and keeps it as the cause', (thrown) => {
    const error = KvError.from(thrown);
    expect(error).toMatchObject({ code: 'INTERNAL', message: 'Internal error' });
    expect(error.cause).toBe(thrown);
  });
});
