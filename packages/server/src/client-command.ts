import type { CallOptions, KvClient, Value } from '@kv/protocol';
import type { Item } from './render.js';

/** What a client command found out. */
export interface Answer {
  readonly items: Iterable<Item>;
  /** Whether what was asked for is there; if not, the exit code says so. True by default. */
  readonly found?: boolean;
  /** Whether a binary value is printed as the bytes that it is: not by default. */
  readonly raw?: boolean;
}

/** Asks the server. */
export type Ask = (client: KvClient, options: CallOptions) => Promise<Answer>;

/** An argument: its name in the notation of usage lines, and what it is. */
export type ArgumentSpec = readonly [name: string, description: string];

/** A client command: what it takes, what it calls, and what it makes of the answer. */
export interface ClientCommand<Args extends readonly string[] = readonly string[]> {
  readonly summary: string;
  readonly arguments: { readonly [Index in keyof Args]: ArgumentSpec };
  /** Whether some of the arguments are values, whose type `--type` says: not by default. */
  readonly takesValues?: boolean;
  /** Command lines, one each. */
  readonly examples: readonly string[];
  /**
   * Reads the arguments. What makes no sense is found here, before there is a connection.
   *
   * @param parse reads a value.
   * @throws {KvError} `INVALID_COMMAND`
   */
  prepare(args: Args, parse: (text: string) => Value): Ask;
}

export const TABLE: ArgumentSpec = ['<table>', 'name of the table'];
export const KEY: ArgumentSpec = ['<key>', 'key within the table'];
export const KEYS: ArgumentSpec = ['<keys...>', 'keys within the table'];
export const VALUE: ArgumentSpec = ['<value>', 'value to store'];
export const PAIRS: ArgumentSpec = ['<pairs...>', 'key and value in turn'];

/** Puts each key to its value. */
export function keyed(keys: readonly string[], values: readonly (Value | null)[]): readonly Item[] {
  return keys.map((key, index) => ({ key, value: values[index] ?? null }));
}
