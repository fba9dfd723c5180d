import { ERROR_STATUS, KvError, type KvErrorCode } from '@kv/protocol';
import { expect, test } from 'vitest';
import { EXIT_CODE_HELP, exitCodeOf, signalExitCode } from './exit-code.js';

test('every error has an exit code that --help explains', () => {
  for (const code of Object.keys(ERROR_STATUS) as KvErrorCode[]) {
    const exitCode = exitCodeOf(new KvError(code, ''));
    expect(exitCode).not.toBe(0);
    expect(EXIT_CODE_HELP).toMatch(new RegExp(`^ {2}${exitCode} `, 'm'));
  }
});

test('an error that is no KvError is a failure', () => {
  expect(exitCodeOf(new Error('write ENOSPC'))).toBe(3);
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  [undefined, 130],
  ['no signal', 130],
])('%s', (reason, code) => {
  expect(signalExitCode(reason)).toBe(code);
});
