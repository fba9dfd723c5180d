import { resolve } from 'node:path';
import { DEFAULT_LIMITS, type Storage } from '@kv/core';
import { DEFAULT_PORT } from '@kv/protocol';
import { type Command, Option } from 'commander';
import {
  count,
  type FrameFlags,
  frameFormatOf,
  frameOptions,
  milliseconds,
  size,
  text,
} from './flags.js';
import type { Io } from './io.js';
import { sayLine } from './output.js';
import { type ServeOptions, serve } from './serve.js';
import type { Fsync, StorageFlags } from './storages/storage-kind.js';
import { openStorage, STORAGE_NAMES, type StorageName } from './storages/storage-table.js';
import { readTlsFiles, type TlsFileFlags } from './tls-files.js';
import { usageError } from './usage.js';
import { whileOpening } from './while-opening.js';

interface ServeFlags extends FrameFlags, TlsFileFlags, StorageFlags {
  readonly storage: StorageName;
  readonly host: string;
  readonly port: number;
  readonly path?: string;
  readonly drain: number;
  readonly maxUnsent: number;
  readonly maxInFlight: number;
  readonly maxConnections: number;
  readonly frameTimeout: number;
  readonly idleTimeout?: number;
  readonly maxTable: number;
  readonly maxKey: number;
  readonly maxTopic: number;
  readonly maxSubscriptions: number;
  readonly tlsClientAuth?: boolean;
  readonly tlsHandshake: number;
}

const DESCRIPTION = [
  'Serve an engine, in memory unless --storage says otherwise.',
  '',
  'The first line on stdout says where it listens.',
  'On SIGINT or SIGTERM it answers what is under way and exits with 0;',
  'a second signal ends it at once.',
  'With TLS, SIGHUP makes it read the files again.',
].join('\n');

/** Adds `kv serve` to the program. */
export function addServe(program: Command, io: Io): void {
  const command = program
    .command('serve')
    .summary('Serve an engine until SIGINT or SIGTERM')
    .description(DESCRIPTION)
    .addHelpText(
      'after',
      `
Sizes are in bytes, or in KiB, MiB or GiB: 512, 64k, 16m, 1g.

Examples:
  $ kv serve
  $ kv serve --port 0
  $ kv serve --path /run/kv.sock
  $ kv serve --storage wal --data /var/lib/kv --fsync everysec
  $ kv serve --host 0.0.0.0 --tls-cert server.crt --tls-key server.key`,
    );
  const options = [...serveOptions(), ...storageOptions(), ...frameOptions(), ...tlsOptions()];
  for (const option of options) command.addOption(option);
  command.action(async (flags: ServeFlags) => {
    const options = serveOptionsOf(flags);
    const warn = (message: string): void => sayLine(io.stderr, `warning: ${message}`);
    const opening = openStorage(flags.storage, flags, { warn, stop: io.stop });
    const storage = await whileOpening(flags.data ?? 'the storage', opening, io);
    if (storage !== undefined) await serve(withStorage(options, storage), io);
  });
}

function serveOptions(): Option[] {
  return [
    new Option('--host <host>', 'address or name to listen on')
      .argParser(text)
      .default('127.0.0.1'),
    new Option('--port <port>', 'port to listen on; 0 for any that is free')
      .argParser(count(0, 65535))
      .default(DEFAULT_PORT),
    new Option('--path <path>', 'unix socket to listen on instead')
      .argParser(text)
      .conflicts(['host', 'port']),
    new Option('--drain <ms>', 'how long peers may take over their last answers')
      .argParser(milliseconds(0))
      .default(5000),
    new Option('--max-unsent <size>', 'answers that may wait for a peer to take them')
      .argParser(size(1))
      .default(1024 * 1024, '1m'),
    new Option('--max-in-flight <n>', 'requests of a connection that may wait for answers')
      .argParser(count(1))
      .default(256),
    new Option('--max-connections <n>', 'connections at any time; whoever comes then is cut')
      .argParser(count(1))
      .default(10_000),
    new Option('--frame-timeout <ms>', 'how long a request may take to arrive once it has begun')
      .argParser(milliseconds(1))
      .default(30_000),
    new Option(
      '--idle-timeout <ms>',
      'how long a peer may ask nothing; for ever by default',
    ).argParser(milliseconds(1)),
    new Option('--max-table <size>', 'longest name of a table')
      .argParser(size(1))
      .default(DEFAULT_LIMITS.maxTableBytes),
    new Option('--max-key <size>', 'longest key')
      .argParser(size(1))
      .default(DEFAULT_LIMITS.maxKeyBytes, '4k'),
    new Option('--max-topic <size>', 'longest topic, and pattern of topics')
      .argParser(size(1))
      .default(DEFAULT_LIMITS.maxTopicBytes),
    new Option('--max-subscriptions <n>', 'subscriptions of a connection')
      .argParser(count(1))
      .default(DEFAULT_LIMITS.maxSubscriptions),
  ];
}

function storageOptions(): Option[] {
  return [
    new Option(
      '--storage <kind>',
      'where data is: in memory; in memory, with a log on disk (wal); in LevelDB; in LMDB',
    )
      .choices(STORAGE_NAMES)
      .default('memory'),
    new Option('--data <directory>', 'where it is kept, if not in memory alone').argParser(text),
    new Option(
      '--fsync <when>',
      'when what was written is safe from a power cut: before it is answered, which is the default; within a second (wal only); or when the system likes',
    ).choices(['always', 'everysec', 'never'] satisfies Fsync[]),
    new Option(
      '--inline-fsync',
      'wal: wait for the disk before anything else goes on; quicker for few clients',
    ),
    new Option(
      '--snapshot-log <size>',
      'wal: log after which a snapshot takes its place; 64m by default, or the size of the last snapshot',
    ).argParser(size(1)),
    new Option('--snapshot-at-end', 'wal: take a snapshot at the end; the next start is quicker'),
    new Option(
      '--log-old-values',
      'wal: log what was there before each change, for those who watch and come back later',
    ),
    new Option(
      '--max-memory <size>',
      'memory: bytes for data; beyond it what was not used for long is dropped; no limit by default',
    ).argParser(size(64 * 1024)),
  ];
}

function tlsOptions(): Option[] {
  return [
    new Option('--tls-cert <file>', 'certificate, in PEM, with which to serve TLS').argParser(text),
    new Option('--tls-key <file>', "the certificate's key, in PEM").argParser(text),
    new Option('--tls-client-auth', 'serve only clients with a certificate from --tls-ca'),
    new Option('--tls-ca <file>', 'certificates, in PEM, of those who vouch for clients').argParser(
      text,
    ),
    new Option('--tls-handshake <ms>', 'how long the handshake of TLS may take')
      .argParser(milliseconds(1))
      .default(10_000),
  ];
}

/** Reads the files anew each time that it is asked. */
function tlsOf(flags: ServeFlags): ServeOptions['tls'] {
  const { tlsCert, tlsKey, tlsCa, tlsClientAuth = false, tlsHandshake } = flags;
  // One without the other would look as if clients were authenticated.
  if (tlsClientAuth !== (tlsCa !== undefined)) {
    throw usageError('--tls-client-auth and --tls-ca need each other');
  }
  if (tlsCert === undefined && tlsKey === undefined) {
    if (tlsClientAuth) throw usageError('--tls-client-auth needs --tls-cert and --tls-key');
    return undefined;
  }
  return async () => ({
    ...(await readTlsFiles(flags)),
    requestCert: tlsClientAuth,
    rejectUnauthorized: tlsClientAuth,
    handshakeTimeout: tlsHandshake,
  });
}

function serveOptionsOf(flags: ServeFlags): ServeOptions {
  const { host, port, path, maxUnsent, maxInFlight } = flags;
  const tls = tlsOf(flags);
  return {
    ...(tls && { tls }),
    // Absolute, so that the line that says where it listens holds in any directory.
    listen: path === undefined ? { host, port } : { path: resolve(path) },
    engine: {
      limits: {
        maxTableBytes: flags.maxTable,
        maxKeyBytes: flags.maxKey,
        maxTopicBytes: flags.maxTopic,
        maxSubscriptions: flags.maxSubscriptions,
      },
    },
    transport: {
      ...frameFormatOf(flags),
      drainMs: flags.drain,
      maxUnsentBytes: maxUnsent,
      maxInFlight,
      maxConnections: flags.maxConnections,
      frameTimeoutMs: flags.frameTimeout,
      ...(flags.idleTimeout === undefined ? {} : { idleTimeoutMs: flags.idleTimeout }),
    },
  };
}

function withStorage({ engine, ...options }: ServeOptions, storage: Storage): ServeOptions {
  return { ...options, engine: { ...engine, storage } };
}
