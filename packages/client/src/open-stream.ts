import { once } from 'node:events';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { KvError } from '@kv/protocol';
import type { Opener } from './target.js';

/** How long a socket is idle before the operating system asks whether its peer is still there. */
const KEEP_ALIVE_MS = 30_000;

/**
 * Opens a stream and waits until it is connected.
 *
 * @throws {KvError} `UNAVAILABLE` if that fails, takes longer than `timeoutMs`, or is given up.
 */
export async function openStream(
  opener: Opener,
  timeoutMs: number,
  givenUp: AbortSignal,
): Promise<Duplex> {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), timeoutMs);
  const signal = AbortSignal.any([timeout.signal, givenUp]);
  let stream: Duplex | undefined;
  try {
    givenUp.throwIfAborted();
    stream = opener.open();
    // Until it has a connection nobody else listens, and an error unheard ends the process.
    stream.on('error', () => {});
    if (stream instanceof Socket) {
      if (opener.secure) await once(stream, 'secureConnect', { signal });
      else if (stream.connecting) await once(stream, 'connect', { signal });
      stream.setKeepAlive(true, KEEP_ALIVE_MS);
    }
    return stream;
  } catch (cause) {
    stream?.destroy();
    throw new KvError('UNAVAILABLE', `Cannot reach ${opener.name}: ${reason(cause)}`, { cause });
  } finally {
    clearTimeout(timer);
  }

  function reason(cause: unknown): string {
    if (givenUp.aborted) return 'the client was closed';
    if (timeout.signal.aborted) return `no connection within ${timeoutMs} ms`;
    return messageOf(cause);
  }
}

function messageOf(cause: unknown): string {
  // A name with several addresses fails once for each; the error over them says nothing itself.
  if (cause instanceof AggregateError) return cause.errors.map(messageOf).join(', ');
  if (!(cause instanceof Error)) return String(cause);
  // What OpenSSL says is made for its developers, save for this.
  const { code, reason } = cause as NodeJS.ErrnoException & { reason?: unknown };
  if (!code?.startsWith('ERR_SSL_') || typeof reason !== 'string') return cause.message;
  const plain = code === 'ERR_SSL_WRONG_VERSION_NUMBER';
  return plain ? `${reason}: it seems to speak no TLS, as kv:// does not` : reason;
}
