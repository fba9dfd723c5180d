import { readFileSync } from 'node:fs';
import { KvError } from '@kv/protocol';
import { Command, CommanderError } from 'commander';
import { addClientCommands } from './client-program.js';
import { addDataCommands } from './data-program.js';
import { EXIT_CODE, EXIT_CODE_HELP, exitCodeOf } from './exit-code.js';
import type { Io, Output } from './io.js';
import { sayLine } from './output.js';
import { addServe } from './serve-program.js';
import { reasonOf } from './tls-files.js';
import { usageError } from './usage.js';

/**
 * The `kv` command.
 *
 * @param argv the arguments alone: `['hget', 'users', 'u1']`.
 * @returns the exit code; whatever goes wrong is said on `io.stderr`.
 */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  let code: number = EXIT_CODE.DONE;
  const program = createProgram(io, (given) => {
    code = given;
  });
  try {
    checkText(argv);
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return endedBy(error, io);
    sayLine(io.stderr, `error: ${messageOf(error)}`);
    return exitCodeOf(error);
  }
}

/**
 * Node.js puts U+FFFD in the place of what is no UTF-8, and different arguments might become one.
 *
 * @throws {KvError} `INVALID_COMMAND`
 */
function checkText(argv: readonly string[]): void {
  const at = argv.findIndex((argument) => argument.includes('\uFFFD'));
  if (at === -1) return;
  throw usageError(
    `argument ${at + 1} is no text in UTF-8, or has U+FFFD in it, which stands for what is none; values may come from standard input`,
  );
}

/** Commander ends a command for help, too; and it thinks that everything else is 1. */
function endedBy({ code, exitCode, message }: CommanderError, { stderr }: Io): number {
  if (exitCode === 0) return EXIT_CODE.DONE;
  // Help that nobody has asked for is all that is said then.
  if (code !== 'commander.help') sayLine(stderr, message);
  return EXIT_CODE.USAGE;
}

function createProgram(io: Io, exit: (code: number) => void): Command {
  const program = new Command('kv')
    .description('An embeddable key-value engine: serves one, and talks to one.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    // A flag belongs to the command that it follows, so that a value may look like one of the program.
    .enablePositionalOptions()
    .addHelpText('afterAll', EXIT_CODE_HELP)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => say(io.stdout, text),
      writeErr: (text) => say(io.stderr, text),
      // It comes as an error as well, and is said then.
      outputError: () => {},
      getOutHelpWidth: () => io.stdout.columns ?? 80,
      getErrHelpWidth: () => io.stderr.columns ?? 80,
    });
  addServe(program, io);
  addDataCommands(program, io, exit);
  program.commandsGroup('Client commands:');
  addClientCommands(program, io, exit);
  return program;
}

/** Nothing can be done about an error message that cannot be written. */
function say(output: Output, text: string): void {
  output.write(text, () => {});
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Why a connection was lost is not part of the message, but often all that the user needs.
  const hint = error instanceof KvError && error.code === 'CONNECTION_LOST' && error.cause;
  return hint instanceof Error ? `${error.message} (${reasonOf(hint)})` : error.message;
}

function version(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  const { version }: { version: string } = JSON.parse(manifest);
  return version;
}
