import { inspect } from '@kv/data-directory';
import { KvError } from '@kv/protocol';
import { Argument, type Command } from 'commander';
import { EXIT_CODE } from './exit-code.js';
import { text } from './flags.js';
import type { Io } from './io.js';
import { write } from './output.js';
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
    .action(async (directory: string) => exit(await check(directory, io)));
  program
    .command('repair')
    .summary('Make a damaged data directory one that can be opened')
    .description(
      'Make a damaged data directory one that can be opened, with all that can still be read.\nThe damaged files are kept beside: their names end in .damaged. One that is not damaged is left as it is.\nOnly data of --storage wal can be repaired.',
    )
    .addArgument(directoryArgument())
    .addHelpText('after', '\nExamples:\n  $ kv repair /var/lib/kv')
    .action(async (directory: string) => exit(await repair(directory, io)));
}

function directoryArgument(): Argument {
  return new Argument('<directory>', 'what was given to kv serve as --data').argParser(text);
}

async function check(directory: string, io: Io): Promise<number> {
  const [name, kind] = await kindOf(directory);
  if (kind.check === undefined) throw unsupported('check', directory, name);
  const { sound, lines } = await kind.check(directory);
  await print(lines, io);
  return sound ? EXIT_CODE.DONE : EXIT_CODE.FAILED;
}

async function repair(directory: string, io: Io): Promise<number> {
  const [name, kind] = await kindOf(directory);
  if (kind.repair === undefined) throw unsupported('repair', directory, name);
  await print(await kind.repair(directory), io);
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
