import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KvError } from '@kv/protocol';
import { replaceFile } from './replace-file.js';

/** What a storage engine writes into its directory. */
export interface DataFormat {
  /** The engine's name, such as `level`. */
  readonly engine: string;
  /** The version of its format, from 1. An engine reads the versions before its own. */
  readonly version: number;
}

/** Whose a directory is. */
export interface Marker extends DataFormat {
  /** Tells this data from any other: 32 hexadecimal digits, the same as long as the directory lives. */
  readonly id: string;
}

/** The file that says whose a directory is. */
export const MARKER_FILE = 'kv.json';

/**
 * Reads whose a directory is; `undefined` if it does not say.
 *
 * @throws {KvError} `STORAGE_FAILURE` if it says so in no way that makes sense.
 */
export async function readMarker(path: string): Promise<Marker | undefined> {
  let text: string;
  try {
    text = await readFile(join(path, MARKER_FILE), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const marker = parse(text);
  if (marker === undefined) {
    throw new KvError(
      'STORAGE_FAILURE',
      `${join(path, MARKER_FILE)} is damaged, and nothing else tells whose data this is; restore it from a backup`,
    );
  }
  return marker;
}

/** Says, once and for all, whose a directory is. */
export async function writeMarker(path: string, format: DataFormat): Promise<Marker> {
  const { engine, version } = format;
  const marker: Marker = { engine, version, id: randomBytes(16).toString('hex') };
  await replaceFile(join(path, MARKER_FILE), `${JSON.stringify(marker)}\n`);
  return marker;
}

/**
 * Refuses data that an engine cannot read.
 *
 * @throws {KvError} `UNSUPPORTED`
 */
export function checkFormat(path: string, { engine, version }: Marker, format: DataFormat): void {
  if (engine !== format.engine) {
    throw new KvError(
      'UNSUPPORTED',
      `The data directory ${path} has data of the storage engine '${engine}', not '${format.engine}'; open it with that one, or give another path`,
    );
  }
  if (version > format.version) {
    throw new KvError(
      'UNSUPPORTED',
      `The data directory ${path} was written by a newer version of '${engine}' (format ${version}, and this version reads ${format.version}); update kv`,
    );
  }
}

function parse(text: string): Marker | undefined {
  let marker: Partial<Record<keyof Marker, unknown>> | null;
  try {
    marker = JSON.parse(text) as typeof marker;
  } catch {
    return undefined;
  }
  const { engine, version, id } = marker ?? {};
  if (typeof engine !== 'string' || engine === '') return undefined;
  if (typeof version !== 'number' || !(Number.isSafeInteger(version) && version > 0))
    return undefined;
  if (typeof id !== 'string' || !/^[0-9a-f]{32}$/.test(id)) return undefined;
  return { engine, version, id };
}
