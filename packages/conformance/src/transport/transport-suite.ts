import { describe, it } from 'vitest';
import { registerRequestCases } from '../command/command-suite.js';
import { runRequestCase } from '../command/run-request-case.js';
import { backpressureChecks } from './checks/backpressure.js';
import { closingChecks } from './checks/closing.js';
import { disconnectChecks } from './checks/disconnect.js';
import { hookPowerChecks } from './checks/hook-powers.js';
import { hookChecks } from './checks/hooks.js';
import { listeningChecks } from './checks/listening.js';
import { orderChecks } from './checks/order.js';
import { refusalChecks } from './checks/refusals.js';
import { watchingChecks } from './checks/watching.js';
import { ask } from './peers.js';
import {
  type TransportCheck,
  type TransportSuiteOptions,
  withTransport,
} from './transport-check.js';

/** Every check there is, by what it is about. */
const transportChecks: Readonly<Record<string, readonly TransportCheck[]>> = {
  order: orderChecks,
  hooks: hookChecks,
  'what hooks may do': hookPowerChecks,
  refusals: refusalChecks,
  backpressure: backpressureChecks,
  listening: listeningChecks,
  watching: watchingChecks,
  disconnects: disconnectChecks,
  close: closingChecks,
};

/**
 * Registers, with vitest, the tests that every transport which carries kv's messages passes: every
 * command, on a connection of its own, and then what an engine promises whoever is connected to it.
 * What is particular to a protocol, such as frames that lie about their length, is left to the
 * transport's own tests.
 */
export function transportSuite(options: TransportSuiteOptions): void {
  describe(`${options.name}: the commands`, () => {
    const { push = true } = options;
    registerRequestCases({ push }, (requestCase) =>
      withTransport(options, {}, async ({ connect }) => {
        const peer = await connect();
        await runRequestCase(requestCase, (request) => ask(peer, request));
      }),
    );
  });
  describe(`${options.name}: the transport`, () => {
    for (const [subject, checks] of Object.entries(transportChecks)) {
      describe(subject, () => {
        for (const check of checks) register(check, options);
      });
    }
  });
}

function register(check: TransportCheck, options: TransportSuiteOptions): void {
  const { title, needs, options: transportOptions = {}, timeoutMs, run } = check;
  it(title, timeoutMs === undefined ? {} : { timeout: timeoutMs }, async ({ skip }) => {
    if (needs !== undefined && !(options[needs] ?? needs === 'push')) skip(`no ${needs}`);
    await withTransport(options, transportOptions, run);
  });
}
