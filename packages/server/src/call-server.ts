import { Client, type TlsClientOptions } from '@kv/client';
import type { Answer, Ask, Say } from './client-command.js';
import { EXIT_CODE } from './exit-code.js';
import { type FrameFlags, frameFormatOf } from './flags.js';
import type { Io, Output } from './io.js';
import { sayLine, write, writeEach, writeLines } from './output.js';
import { jsonLine, textLine } from './render.js';
import { readTlsFiles, reasonOf, type TlsFileFlags } from './tls-files.js';
import { checkUsage } from './usage.js';

/** What every client command can be told. */
export interface CallFlags extends FrameFlags, TlsFileFlags {
  readonly url: string;
  readonly timeout: number;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly tlsServername?: string;
}

/**
 * Connects, asks, and prints the answer, unless it is to be quiet.
 *
 * @returns the exit code.
 * @throws {KvError} if the server cannot be asked, or fails, or `io.stop` is aborted.
 */
export async function callServer(ask: Ask, flags: CallFlags, io: Io): Promise<number> {
  const client = clientOf(flags, await tlsOf(flags));
  const giveUp = (): void => void client.close();
  io.stop.addEventListener('abort', giveUp, { once: true });
  try {
    await client.connect();
    const say = flags.quiet ? () => {} : (line: string) => sayLine(io.stderr, line);
    const answer = await ask(client, { signal: io.stop }, say);
    if (answer.live) sayOfConnection(client, flags.url, say);
    if (!flags.quiet) await print(answer, flags.json === true, io.stdout);
    return answer.found === false ? EXIT_CODE.NOT_THERE : EXIT_CODE.DONE;
  } finally {
    io.stop.removeEventListener('abort', giveUp);
    await client.close();
  }
}

/** What the flags say of TLS; undefined if they say nothing. */
async function tlsOf(flags: CallFlags): Promise<TlsClientOptions | undefined> {
  const { tlsCa, tlsCert, tlsKey, tlsServername: servername } = flags;
  if ([tlsCa, tlsCert, tlsKey, servername].every((flag) => flag === undefined)) return undefined;
  return { ...(await readTlsFiles(flags)), ...(servername !== undefined && { servername }) };
}

function clientOf(
  { url, timeout, ...flags }: CallFlags,
  tls: TlsClientOptions | undefined,
): Client {
  const options = { ...frameFormatOf(flags), tls };
  return checkUsage(
    () => new Client(url, { ...options, timeoutMs: timeout, connectTimeoutMs: timeout }),
  );
}

/** Whoever looks on while nothing comes is told why. */
function sayOfConnection({ events }: Client, url: string, say: Say): void {
  events.on('disconnect', (error) => {
    const reason = error === undefined ? '' : ` (${reasonOf(error)})`;
    say(`kv has lost the connection to ${url}${reason}, and tries to make it again`);
  });
  events.on('reconnect', () => say(`kv is connected to ${url} again`));
}

function first<T>([one]: Iterable<T>): T | undefined {
  return one;
}

async function print(
  { items, raw, live = false }: Answer,
  json: boolean,
  output: Output,
): Promise<void> {
  const only = raw && !json && Symbol.iterator in items ? first(items) : undefined;
  if (only !== undefined && 'value' in only && only.value instanceof Uint8Array) {
    await write(output, only.value);
  } else {
    await (live ? writeEach : writeLines)(output, lines());
  }

  async function* lines(): AsyncGenerator<string, void, undefined> {
    for await (const item of items) yield json ? jsonLine(item) : textLine(item);
  }
}
