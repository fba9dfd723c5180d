import { KvError } from '@kv/protocol';
import type { Manifest } from '../format/manifest.js';
import {
  decodeSegmentHeader,
  SEGMENT_HEADER_BYTES,
  type SegmentHeader,
} from '../format/segment-header.js';
import { segmentNumber, snapshotStart } from './file-names.js';
import type { LogDirectory } from './log-directory.js';
import type { Problem } from './unreadable.js';

/** What a log is made of. */
export interface FoundLog {
  readonly manifest: Manifest;
  /** Why that is not what its manifest says. */
  readonly problem: Problem | undefined;
}

/**
 * Finds what a log is made of: what its manifest says, or else all files that there are.
 *
 * @throws {KvError} `STORAGE_FAILURE` if there is no log, `UNSUPPORTED` if it is a later version's.
 */
export async function findLog(directory: LogDirectory): Promise<FoundLog> {
  const manifest = await directory.readManifest();
  if ('storeId' in manifest) return { manifest, problem: undefined };
  return { manifest: await fromFiles(directory), problem: manifest };
}

async function fromFiles(directory: LogDirectory): Promise<Manifest> {
  const headers = await readHeaders(directory);
  const readable = headers.flatMap(({ header }) => header ?? []);
  const storeId = readable[0]?.storeId;
  if (storeId === undefined) {
    throw new KvError('STORAGE_FAILURE', `There is no log in ${directory.path}`);
  }
  // What cannot be told from its header may be of this store as well.
  const own = headers.filter(({ header }) => !header || isSame(header.storeId, storeId));
  const segments = own.flatMap(({ name }) => segmentNumber(name) ?? []);
  const snapshots = own.flatMap(({ name }) => snapshotStart(name) ?? []);
  const start = snapshots.length > 0 ? Math.max(...snapshots) : undefined;
  const epoch = Math.max(...own.map(({ header }) => header?.epoch ?? 0));
  return {
    storeId,
    firstSegment: segments.length > 0 ? Math.min(...segments) : 1,
    lastSegment: Math.max(0, ...segments),
    durable: 0,
    snapshot: start === undefined ? undefined : { start, end: start },
    epochs: [{ epoch, tag: 0, first: 1 }],
    repaired: false,
  };
}

/** The headers of all segments, then of snapshots; `undefined` for those that cannot be read. */
async function readHeaders(
  directory: LogDirectory,
): Promise<{ name: string; header: SegmentHeader | undefined }[]> {
  const names = (await directory.list()).sort();
  const segments = names.filter((name) => segmentNumber(name) !== undefined);
  const snapshots = names.filter((name) => snapshotStart(name) !== undefined);
  const read = async (name: string) => {
    const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
    const count = await directory.use(name, true, (file) => file.read(bytes, 0));
    const header = decodeSegmentHeader(bytes.subarray(0, count));
    return { name, header: 'storeId' in header ? header : undefined };
  };
  return Promise.all([...segments, ...snapshots].map(read));
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, i) => byte === b[i]);
}
