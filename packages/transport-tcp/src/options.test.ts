import { expect, test } from 'vitest';
import { settingsOf, type TcpTransportOptions } from './options.js';

test('options that are undefined are the defaults, as if they were not there', () => {
  const options: Required<TcpTransportOptions> = {
    headerBytes: undefined,
    maxFrameBytes: undefined,
    drainMs: undefined,
    maxUnsentBytes: undefined,
    maxInFlight: undefined,
    maxConnections: undefined,
    frameTimeoutMs: undefined,
    idleTimeoutMs: undefined,
  };
  expect(settingsOf(options)).toEqual(settingsOf({}));
});
