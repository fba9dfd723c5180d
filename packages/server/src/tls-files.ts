import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { usageError } from './usage.js';

/** The flags that name files for TLS, with the names of the files. */
export interface TlsFileFlags {
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsCa?: string;
}

/** What stands in the files, as Node.js takes it. */
export interface TlsMaterial {
  cert?: Buffer;
  key?: Buffer;
  ca?: Buffer;
}

/**
 * Reads the files. What they contain is in no error.
 *
 * @throws {KvError} `INVALID_COMMAND` if one cannot be read or is not what it must be, if the key is
 * that of another certificate, or if one of the two is missing.
 */
export async function readTlsFiles({ tlsCert, tlsKey, tlsCa }: TlsFileFlags): Promise<TlsMaterial> {
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw usageError('--tls-cert and --tls-key need each other');
  }
  const material: TlsMaterial = {};
  if (tlsCert !== undefined) material.cert = await read('--tls-cert', tlsCert);
  if (tlsKey !== undefined) material.key = await read('--tls-key', tlsKey);
  if (tlsCa !== undefined) material.ca = await read('--tls-ca', tlsCa);
  const { ca } = material;
  // Node.js would pass over one that is none, and trust nobody.
  if (ca !== undefined) check(`${tlsCa} is no certificate`, () => new X509Certificate(ca));
  if (tlsCert !== undefined) {
    check(`${tlsCert} and ${tlsKey} do not work together`, () => createSecureContext(material));
  }
  return material;
}

async function read(flag: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw usageError(`cannot read ${flag}: ${reasonOf(cause)}`, { cause });
  }
}

function check(what: string, attempt: () => unknown): void {
  try {
    attempt();
  } catch (cause) {
    throw usageError(`${what}: ${reasonOf(cause)}`, { cause });
  }
}

/** The part of an error that is for people; what OpenSSL says has one of its own. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'reason' in error && typeof error.reason === 'string' ? error.reason : error.message;
}
