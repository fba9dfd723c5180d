import { connect } from '@kv/client';
import { Engine } from '@kv/core';
import { TcpTransport } from '@kv/transport-tcp';
import { showAnswers } from './answers.js';
import { readCities } from './cities.js';
import { CITY_FIELDS, CITY_TABLES } from './city-tables.js';
import { formatCount, formatRate } from './format.js';
import { load } from './load.js';
import type { Output } from './output.js';
import { withProgress } from './progress.js';
import { makeReadOnly } from './read-only.js';
import { showRefusals } from './refusals.js';
import { countRequests } from './request-counts.js';
import { verify } from './verify.js';

/** How to {@link runExample}. */
export interface ExampleOptions {
  /** How many cities; all if it is not there. */
  readonly limit: number | undefined;
  /** Ends it early: it fails with `CANCELLED`, with everything closed. */
  readonly signal: AbortSignal;
  readonly output: Output;
}

/**
 * One engine, reached in two ways: loads the cities over a socket, then asks for them there and
 * in-process.
 *
 * @throws {Mismatch} if the two ways do not give the same.
 */
export async function runExample({ limit, signal, output }: ExampleOptions): Promise<void> {
  const say = (line: string): unknown => output.write(`${line}\n`);
  const cities = await readCities(limit);
  const records = cities.length * CITY_FIELDS.length;
  say(`${formatCount(cities.length)} cities, ${CITY_FIELDS.length} records each`);

  // However this ends, they are closed: the last one first, the engine after all who use it.
  await using engine = new Engine();
  await using transport = new TcpTransport(engine);
  const { url } = await transport.listen({ port: 0 });
  await using overTcp = await connect(url);
  await using inProcess = engine.client();
  say(`Engine in this process, and behind ${url}\n`);
  const requests = countRequests(engine);

  const start = performance.now();
  await withProgress(output, 'Loading  ', records, (onStored) =>
    load(overTcp, cities, { signal, onStored }),
  );
  say(`Loaded over TCP: ${formatRate(records, performance.now() - start)}\n`);

  makeReadOnly(engine, Object.values(CITY_TABLES));

  const { inProcessMs, overTcpMs } = await withProgress(
    output,
    'Verifying',
    records,
    (onVerified) => verify(cities, { inProcess, overTcp }, { signal, onVerified }),
  );
  say(`Read in-process: ${formatRate(records, inProcessMs)}`);
  say(`Read over TCP:   ${formatRate(records, overTcpMs)}`);
  say('Both agree on every record.\n');

  await showAnswers(overTcp, say);
  await showRefusals({ inProcess, overTcp }, say);

  const counts = Array.from(requests, ([transport, count]) => `${formatCount(count)} ${transport}`);
  say(`Requests counted by a hook: ${counts.join(', ')}`);
}
