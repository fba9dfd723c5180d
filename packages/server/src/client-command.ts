import type { Awaitable, CallOptions, KvClient, Value } from '@kv/protocol';
import type { Item } from './render.js';

/** What a client command found out. */
export interface Answer {
  /** As they come, if more are asked for while they are printed. */
  readonly items: Iterable<Item> | AsyncIterable<Item>;
  /** Whether what was asked for is there; if not, the exit code says so. True by default. */
  readonly found?: boolean;
  /** Whether each item is printed as soon as it comes, for more may be long in coming: not by default. */
  readonly live?: boolean;
  /** Whether a binary value is printed as the bytes that it is: not by default. */
  readonly raw?: boolean;
}

/** Says what is no part of the answer: a line on stderr, unless the command is to be quiet. */
export type Say = (line: string) => void;

/** Asks the server. */
export type Ask = (client: KvClient, options: CallOptions, say: Say) => Promise<Answer>;

/** Where a command has its values from. All are of the type that `--type` says. */
export interface Values {
  /**
   * Reads a value from the command line.
   *
   * @throws {KvError} `INVALID_COMMAND` if the text is none of that type.
   */
  parse(text: string): Value;
  /**
   * Reads the value that is all of standard input.
   *
   * @throws {KvError} `INVALID_COMMAND` if that is none of that type, `TOO_LARGE` if no message holds it.
   */
  read(): Promise<Value>;
}

/** An argument: its name in the notation of usage lines, and what it is. */
export type ArgumentSpec = readonly [name: string, description: string];

/**
 * A flag of one command: its name and value in the notation of usage lines, what it is, and how it is read,
 * given what it was read as before if it comes again.
 */
export type FlagSpec = readonly [
  flag: string,
  description: string,
  parse: (text: string, before?: unknown) => unknown,
];

/**
 * A client command: what it takes, what it calls, and what it makes of the answer. `Flags` are what its own
 * flags are read as, by their names; one that is not given is not there.
 */
export interface ClientCommand<
  Args extends readonly string[] = readonly string[],
  Flags extends object = object,
> {
  readonly summary: string;
  readonly arguments: { readonly [Index in keyof Args]: ArgumentSpec };
  /** Whether some of the arguments are values, whose type `--type` says: not by default. */
  readonly takesValues?: boolean;
  /** Flags besides those that every command has. */
  readonly flags?: readonly FlagSpec[];
  /** What else there is to know of the arguments, for `--help`. */
  readonly note?: string;
  /** Command lines, one each. */
  readonly examples: readonly string[];
  /**
   * Reads the arguments. What makes no sense is found here, before there is a connection.
   *
   * @throws {KvError} `INVALID_COMMAND`, and what `values` throws.
   */
  prepare(args: Args, values: Values, flags: Flags): Awaitable<Ask>;
}

export const TABLE: ArgumentSpec = ['<table>', 'name of the table'];
export const KEY: ArgumentSpec = ['<key>', 'key within the table'];
export const KEYS: ArgumentSpec = ['<keys...>', 'keys within the table'];
export const VALUE: ArgumentSpec = ['<value>', "value to store; '-' for what is on standard input"];
export const PAIRS: ArgumentSpec = [
  '<pairs...>',
  "key and value in turn; one value may be '-', for what is on standard input",
];

/** The argument in whose place stands a value of standard input. */
export const STANDARD_INPUT = '-';

/** What there is to know of commands that take {@link STANDARD_INPUT}. */
export const STANDARD_INPUT_NOTE = `
On standard input, text and binary values are stored byte by byte: no base64, and a line end is part of
the value. Files are named to the shell alone ('< file'): '@file' is text like any other.
`;

/** Puts each key to its value. */
export function keyed(keys: readonly string[], values: readonly (Value | null)[]): readonly Item[] {
  return keys.map((key, index) => ({ key, value: values[index] ?? null }));
}
