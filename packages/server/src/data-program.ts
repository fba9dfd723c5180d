import { inspect } from '@kv/data-directory';
import { KvError } from '@kv/protocol';
import { Argument, type Command } from 'commander';
import { EXIT_CODE, signalExitCode } from './exit-code.js';
import { text } from './flags.js';
import type { Io } from './io.js';
import { write } from './output.js';
import { sayingHowLong } from './saying-how-long.js';
import type { StorageKind } from './storages/storage-kind.js';
import { STORAGE_NAMES, type StorageName, storageTable } from './storages/storage-table.js';

/** Adds `kv check` and `kv repair` to the program. Each hands its exit code to `exit`. */
export function addDataCommands(program: Command, io: Io, exit: (code: number) => void): void {
  program
    .command('check')
    .summary('Verify a data directory that no server has open')
    .description(
      'Read all of a data directory that no server has open, and say whether it can be opened.\nNothing is written. Exits with 3 if it is damaged. Only data of --storage wal can be checked.',
    )
    .addArgument(directoryArgument())
    .addHelpText('after', '\nExamples:\n  $ kv check /var/lib/kv')
    .action(async (directory: string) => exit(await unlessStopped(check, directory, io)));
  program
    .command('repair')
    .summary('Make a damaged data directory one that can be opened')
    .description(
      'Make a damaged data directory one that can be opened, with all that can still be read.\nThe damaged files are kept beside: their names end in .damaged. One that is not damaged is left as it is,\nand so is one whose repair is ended by Ctrl-C.\nOnly data of --storage wal can be repaired.',
    )
    .addArgument(directoryArgument())
    .addHelpText('after', '\nExamples:\n  $ kv repair /var/lib/kv')
    .action(async (directory: string) => exit(await unlessStopped(repair, directory, io)));
}

function directoryArgument(): Argument {
  return new Argument('<directory>', 'what was given to kv serve as --data').argParser(text);
}

/** Answers the exit code of a command: the signal's, if it failed since `io.stop` was aborted. */
async function unlessStopped(
  command: (directory: string, io: Io) => Promise<number>,
  directory: string,
  io: Io,
): Promise<number> {
  try {
    return await command(directory, io);
  } catch (error) {
    const isEnded = io.stop.aborted && error instanceof KvError && error.code === 'CANCELLED';
    if (!isEnded) throw error;
    return signalExitCode(io.stop.reason);
  }
}

async function check(directory: string, io: Io): Promise<number> {
  const [name, kind] = await kindOf(directory);
  if (kind.check === undefined) throw unsupported('check', directory, name);
  const { sound, lines } = await sayingHowLong(
    `checking ${directory}`,
    kind.check(directory, io.stop),
    io.stderr,
  );
  await print(lines, io);
  return sound ? EXIT_CODE.DONE : EXIT_CODE.FAILED;
}

async function repair(directory: string, io: Io): Promise<number> {
  const [name, kind] = await kindOf(directory);
  if (kind.repair === undefined) throw unsupported('repair', directory, name);
  const repairing = kind.repair(directory, io.stop);
  await print(await sayingHowLong(`repairing ${directory}`, repairing, io.stderr), io);
  return EXIT_CODE.DONE;
}

/** Whose the data is. */
async function kindOf(directory: string): Promise<[name: StorageName, kind: StorageKind]> {
  const { engine } = await inspect(directory);
  const name = STORAGE_NAMES.find((each) => each === engine);
  if (name !== undefined) return [name, storageTable[name]];
  throw new KvError(
    'UNSUPPORTED',
    `${directory} has data of '${engine}', of which nothing is known`,
  );
}

function unsupported(doing: 'check' | 'repair', directory: string, name: StorageName): KvError {
  return new KvError(
    'UNSUPPORTED',
    `${directory} has data of --storage ${name}, which kv ${doing} cannot ${doing}: it knows only that of --storage wal`,
  );
}

async function print(lines: readonly string[], io: Io): Promise<void> {
  await write(io.stdout, lines.map((line) => `${line}\n`).join(''));
}
