import { describe, expect, it } from 'vitest';
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
