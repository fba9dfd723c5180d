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

test('an option that there is not is refused, and named', () => {
  expect(() => settingsOf(JSON.parse('{ "maxSubscriptions": 1 }'))).toThrow(
    new TypeError("There is no option 'maxSubscriptions' of a TcpTransport"),
  );
});
