import { COMMAND_EFFECT, DEFAULT_PORT } from '@kv/protocol';
import { type Command, CommanderError, Option } from 'commander';
import { type CallFlags, callServer } from './call-server.js';
import type { ClientCommand, Values } from './client-command.js';
import { type ClientCommandName, commandTable } from './command-table.js';
import { signalExitCode } from './exit-code.js';
import { frameFormatOf, frameOptions, milliseconds, text } from './flags.js';
import type { Io } from './io.js';
import { parseValue, VALUE_TYPES, type ValueType } from './value-argument.js';
import { readValue } from './value-input.js';

const DEFAULT_URL = `kv://127.0.0.1:${DEFAULT_PORT}`;

interface ClientFlags extends CallFlags {
  readonly type?: ValueType;
}

/** Adds the client commands to the program. Each hands its exit code to `exit`. */
export function addClientCommands(program: Command, io: Io, exit: (code: number) => void): void {
  // In the order of the table, which is that of the proto file.
  for (const name of Object.keys(commandTable) as ClientCommandName[]) {
    addClientCommand(program, name, commandTable[name], io, exit);
  }
}

function addClientCommand(
  program: Command,
  name: ClientCommandName,
  spec: ClientCommand,
  io: Io,
  exit: (code: number) => void,
): void {
  const command = program.command(name).description(`${spec.summary}.`).summary(spec.summary);
  for (const [argument, description] of spec.arguments) command.argument(argument, description);
  for (const option of optionsOf(name, spec, io)) command.addOption(option);
  command.addHelpText('after', helpText(spec));
  command.exitOverride(hintAtDashes);
  command.action(async () => {
    const { type = 'string', ...flags } = command.opts<ClientFlags>();
    const values: Values = {
      parse: (text) => parseValue(type, text),
      read: () => readValue(type, frameFormatOf(flags).maxFrameBytes, io),
    };
    try {
      const ask = await spec.prepare(command.args, values, flags);
      exit(await callServer(ask, flags, io));
    } catch (error) {
      if (!io.stop.aborted) throw error;
      exit(signalExitCode(io.stop.reason));
    }
  });
}

function optionsOf(
  name: ClientCommandName,
  { takesValues = false, flags = [] }: ClientCommand,
  { env: { KV_URL: url } }: Io,
): Option[] {
  const type = new Option('--type <type>', 'type of the values given')
    .choices(VALUE_TYPES)
    .default('string');
  const quiet = new Option('-q, --quiet', 'print no answer');
  return [
    ...(takesValues ? [type] : []),
    ...flags.map(([flag, description, parse]) => new Option(flag, description).argParser(parse)),
    ...(COMMAND_EFFECT[name] === 'write' ? [quiet] : []),
    new Option('--json', 'print JSON Lines, which lose nothing'),
    new Option(
      '--url <url>',
      'server: kv://host:port, kvs:// for TLS, or unix:/path; KV_URL says the default',
    ).default(url || DEFAULT_URL),
    new Option('--timeout <ms>', 'how long to wait for the connection, and for the answer')
      .argParser(milliseconds(1))
      .default(10_000),
    ...frameOptions(),
    new Option(
      '--tls-ca <file>',
      'certificates, in PEM, of those who vouch for the server',
    ).argParser(text),
    new Option('--tls-cert <file>', 'certificate, in PEM, that says who you are').argParser(text),
    new Option('--tls-key <file>', "the certificate's key, in PEM").argParser(text),
    new Option(
      '--tls-servername <name>',
      "name in the server's certificate, if not that of the url",
    ).argParser(text),
  ];
}

/** Tells who has given an argument that looks like a flag how to give it. */
function hintAtDashes(error: CommanderError): never {
  if (error.code !== 'commander.unknownOption') throw error;
  const message = `${error.message} (an argument that begins with '-' follows a '--')`;
  throw new CommanderError(error.exitCode, error.code, message);
}

function helpText({ examples, takesValues = false, note = '' }: ClientCommand): string {
  const values = `
Binary values are given in base64. What begins with '-' and is no number follows a '--'.
`;
  const lines = examples.map((example) => `  $ ${example}`);
  return `${takesValues ? values : ''}${note}\nExamples:\n${lines.join('\n')}`;
}
