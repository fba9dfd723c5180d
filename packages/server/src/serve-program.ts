import { resolve } from 'node:path';
import { DEFAULT_LIMITS } from '@kv/core';
import { type Command, Option } from 'commander';
import { count, type FrameFlags, frameOptions, milliseconds, size, text } from './flags.js';
import type { Io } from './io.js';
import { type ServeOptions, serve } from './serve.js';

interface ServeFlags extends FrameFlags {
  readonly host: string;
  readonly port: number;
  readonly path?: string;
  readonly drain: number;
  readonly maxUnsent: number;
  readonly maxInFlight: number;
  readonly maxTable: number;
  readonly maxKey: number;
}

const DESCRIPTION = [
  'Serve an engine, in memory: what it stores is gone when it ends.',
  '',
  'The first line on stdout says where it listens.',
  'On SIGINT or SIGTERM it answers what is under way and exits with 0;',
  'a second signal ends it at once.',
].join('\n');

/** Adds `kv serve` to the program. */
export function addServe(program: Command, io: Io): void {
  const command = program
    .command('serve')
    .summary('Serve an engine, in memory, until SIGINT or SIGTERM')
    .description(DESCRIPTION)
    .addHelpText(
      'after',
      `
Sizes are in bytes, or in KiB, MiB or GiB: 512, 64k, 16m, 1g.

Examples:
  $ kv serve
  $ kv serve --port 0
  $ kv serve --path /run/kv.sock`,
    );
  for (const option of [...serveOptions(), ...frameOptions()]) command.addOption(option);
  command.action((flags: ServeFlags) => serve(serveOptionsOf(flags), io));
}

function serveOptions(): Option[] {
  return [
    new Option('--host <host>', 'address or name to listen on')
      .argParser(text)
      .default('127.0.0.1'),
    new Option('--port <port>', 'port to listen on; 0 for any that is free')
      .argParser(count(0, 65535))
      .default(9527),
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
      .default(1024),
    new Option('--max-table <size>', 'longest name of a table')
      .argParser(size(1))
      .default(DEFAULT_LIMITS.maxTableBytes),
    new Option('--max-key <size>', 'longest key')
      .argParser(size(1))
      .default(DEFAULT_LIMITS.maxKeyBytes, '4k'),
  ];
}

function serveOptionsOf(flags: ServeFlags): ServeOptions {
  const { host, port, path, headerBytes, maxUnsent, maxInFlight } = flags;
  return {
    // Absolute, so that the line that says where it listens holds in any directory.
    listen: path === undefined ? { host, port } : { path: resolve(path) },
    engine: { limits: { maxTableBytes: flags.maxTable, maxKeyBytes: flags.maxKey } },
    transport: {
      headerBytes,
      maxFrameBytes: flags.maxFrame,
      drainMs: flags.drain,
      maxUnsentBytes: maxUnsent,
      maxInFlight,
    },
  };
}
