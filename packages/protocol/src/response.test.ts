import { describe, expect, it } from 'vitest';
import { KvError } from './kv-error.js';
import type { CommandResponse } from './messages.js';
import { errorResponse, notFoundResponse, okResponse, responseError } from './response.js';
import { valueToMessage } from './value.js';

const withStatus = (status: number): CommandResponse => ({ ...okResponse([]), status });

describe('a response', () => {
  it('to a command that succeeded has status 200 and what was asked for', () => {
    const values = [valueToMessage('v')];
    const pairs = [{ key: 'k', value: valueToMessage(1n) }];
    expect(okResponse(values, pairs)).toEqual({ status: 200, message: '', values, pairs });
    expect(okResponse(values)).toEqual({ status: 200, message: '', values, pairs: [] });
  });

  it('to a command that failed has the status of the error, and its message', () => {
    expect(errorResponse(new KvError('FORBIDDEN', 'no'))).toEqual({
      status: 403,
      message: 'no',
      values: [],
      pairs: [],
    });
  });

  it('for a key that is not there is in the words of the reference implementation', () => {
    expect(notFoundResponse('t', 'k')).toEqual({
      status: 404,
      message: 'Not found for table: t, key: k',
      values: [],
      pairs: [],
    });
  });

  it.each([200, 204, 299])('stands for no error if its status is %i', (status) => {
    expect(responseError(withStatus(status))).toBeUndefined();
  });

  it.each([0, 199, 300, 404, 500])('stands for an error if its status is %i', (status) => {
    expect(responseError(withStatus(status))).toBeInstanceOf(KvError);
  });

  it('stands for the error that it was made of', () => {
    const error = new KvError('TOO_MANY_REQUESTS', 'slow down');
    expect(responseError(errorResponse(error))).toEqual(error);
  });
});
