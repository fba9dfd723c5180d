import { expect, test } from 'vitest';
import { type ClientOptions, settingsOf } from './options.js';

test('options that are undefined are the defaults, as if they were not there', () => {
  const options: Required<ClientOptions> = {
    headerBytes: undefined,
    maxFrameBytes: undefined,
    tls: undefined,
    timeoutMs: undefined,
    connectTimeoutMs: undefined,
    maxPending: undefined,
    retryReads: undefined,
    minReconnectDelayMs: undefined,
    maxReconnectDelayMs: undefined,
  };
  expect(settingsOf(options)).toEqual(settingsOf({}));
});
