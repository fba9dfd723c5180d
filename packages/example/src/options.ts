import { parseArgs } from 'node:util';

export const USAGE = `Usage: pnpm example [--limit N]

Starts an engine with a TCP transport, loads the cities of the world over the socket,
and checks that the engine answers the same in-process and over the socket.

  --limit N   only the first N cities
  -h, --help  this text
`;

/** What the command line says. */
export interface Options {
  readonly help: boolean;
  /** How many cities; all if it is not there. */
  readonly limit: number | undefined;
}

/** @throws {TypeError} for what is no option, or no number of cities. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: { limit: { type: 'string' }, help: { type: 'boolean', short: 'h', default: false } },
  });
  const limit = values.limit === undefined ? undefined : Number(values.limit);
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit > 0)) {
    throw new TypeError(`--limit takes a whole number from 1 on, not '${values.limit}'`);
  }
  return { help: values.help, limit };
}
