import { addAbortSignal } from 'node:stream';
import { KvError, type Value } from '@kv/protocol';
import type { Io } from './io.js';
import { usageError } from './usage.js';
import { parseValue, type ValueType } from './value-argument.js';

/**
 * Reads a value that is all of standard input: binary values and text as they are, others as they are
 * written on the command line, with or without a line end.
 *
 * @throws {KvError} `INVALID_COMMAND` if it is none of that type, `TOO_LARGE` if it is longer than `maxBytes`;
 * and whatever else, once `io.stop` is aborted.
 */
export async function readValue(type: ValueType, maxBytes: number, io: Io): Promise<Value> {
  const bytes = await readAll(maxBytes, io);
  if (type === 'binary') return bytes;
  const text = decode(bytes);
  return type === 'string' ? text : parseValue(type, text.replace(/\r?\n$/, ''));
}

async function readAll(maxBytes: number, { stdin, stop }: Io): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of addAbortSignal(stop, stdin)) {
    length += chunk.length;
    // It may never end.
    if (length > maxBytes) {
      throw new KvError(
        'TOO_LARGE',
        `Standard input is longer than a message, of ${maxBytes} bytes`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw usageError('standard input is no text in UTF-8; of type binary, it may be anything', {
      cause,
    });
  }
}
