import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';

/** LMDB's name for its data. */
export const DATA_FILE = 'data.mdb';

/** And for who reads them. */
const LOCK_FILE = 'lock.mdb';

// How its first two pages begin, each of which tells of a state, on machines of 64 bits: 24 bytes that all pages have,
// and then these.
const MAGIC_AT = 24;
const VERSION_AT = 28;
const PAGE_BYTES_AT = 48;
const FREE_ROOT_AT = 88;
const MAIN_ROOT_AT = 136;
const LAST_PAGE_AT = 144;
const STATE_AT = 152;
const HEADER_BYTES = 160;

const MAGIC = 0xbeefc0de;
const VERSION = 2;

/** The root of what has no entries. */
const NONE = 2n ** 64n - 1n;

/**
 * Makes sure that the driver can open what is in a directory: if it could not, or if pages were missing at the end of
 * the file, it would take the process with it.
 *
 * @throws {Error} if it cannot.
 */
export async function checkFiles(path: string): Promise<void> {
  await withFile(join(path, LOCK_FILE), async () => {});
  // Elsewhere the pages begin in another way, for which there is no telling here.
  if (!['x64', 'arm64'].includes(process.arch)) return;
  await withFile(join(path, DATA_FILE), checkData);
}

/** Waits until the data are on the disk that were handed to the operating system. */
export async function syncData(path: string): Promise<void> {
  const file = await open(join(path, DATA_FILE), 'r+');
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** Waits until it is on the disk which files a directory has. */
export async function syncDirectory(path: string): Promise<void> {
  // Windows has no such thing: there, names are as durable as what they name.
  if (process.platform === 'win32') return;
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** Does something with a file, if there is one. */
async function withFile(path: string, use: (file: FileHandle) => Promise<void>): Promise<void> {
  let file: FileHandle;
  try {
    file = await open(path, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  try {
    await use(file);
  } finally {
    await file.close();
  }
}

async function checkData(file: FileHandle): Promise<void> {
  const { size } = await file.stat();
  // One that was made, and not begun.
  if (size === 0) return;
  const first = await readHeader(file, 0);
  const second = await readHeader(file, first.pageBytes);
  const { pageBytes, roots, pages } = second.state > first.state ? second : first;
  if (roots.some((root) => root !== NONE && (root + 1n) * pageBytes > size)) throw damaged();
  // Free pages at the end need never have been written. If there are others missing, LMDB finds zeros, and says so.
  if (pages * pageBytes > size) await file.truncate(Number(pages * pageBytes));
}

interface Header {
  readonly pageBytes: bigint;
  readonly roots: readonly bigint[];
  readonly pages: bigint;
  readonly state: bigint;
}

async function readHeader(file: FileHandle, at: bigint | number): Promise<Header> {
  const bytes = Buffer.alloc(HEADER_BYTES);
  await file.read(bytes, 0, HEADER_BYTES, Number(at));
  const pageBytes = bytes.readUInt32LE(PAGE_BYTES_AT);
  const known =
    bytes.readUInt32LE(MAGIC_AT) === MAGIC && bytes.readUInt32LE(VERSION_AT) === VERSION;
  if (!(known && pageBytes >= 256 && pageBytes <= 65_536)) throw damaged();
  return {
    pageBytes: BigInt(pageBytes),
    roots: [bytes.readBigUInt64LE(FREE_ROOT_AT), bytes.readBigUInt64LE(MAIN_ROOT_AT)],
    pages: bytes.readBigUInt64LE(LAST_PAGE_AT) + 1n,
    state: bytes.readBigUInt64LE(STATE_AT),
  };
}

function damaged(): Error {
  return new Error(`${DATA_FILE} is damaged, or not LMDB's; restore the directory from a backup`);
}
