import { viewOf } from '../format/layout.js';
import type { SimulatedFileSystem } from './simulated-file-system.js';
import { DIRECTORY } from './test-log.js';

const SEGMENT_HEADER_BYTES = 64;
const BLOCK_HEADER_BYTES = 48;

/** Where a block was written, as its bytes say when nothing has happened to them. */
export interface BlockImage {
  readonly path: string;
  readonly start: number;
  readonly end: number;
  /** The sequences of its first change and its last. */
  readonly first: number;
  readonly last: number;
  /** How far, it says, the log was durable. */
  readonly durable: number;
  readonly bytes: Buffer;
}

/** The paths of a log's segments, in their order. */
export function segmentPaths(fileSystem: SimulatedFileSystem): string[] {
  return fileSystem
    .files(DIRECTORY)
    .filter((name) => name.startsWith('segment-') && name.endsWith('.log'))
    .map((name) => `${DIRECTORY}/${name}`);
}

/** All blocks of a log to which nothing has happened, by nothing but FORMAT.md. */
export function blocksOf(fileSystem: SimulatedFileSystem): BlockImage[] {
  return segmentPaths(fileSystem).flatMap((path) => blocksIn(path, fileSystem.content(path)));
}

function blocksIn(path: string, content: Buffer): BlockImage[] {
  const blocks: BlockImage[] = [];
  const view = viewOf(content);
  for (let start = SEGMENT_HEADER_BYTES; start + BLOCK_HEADER_BYTES <= content.length; ) {
    if (content.toString('latin1', start, start + 4) !== 'KVBL') break;
    const payload = view.getUint32(start + 12, true);
    const end = start + Math.ceil((BLOCK_HEADER_BYTES + payload) / 8) * 8;
    const first = Number(view.getBigUint64(start + 32, true));
    const last = first + view.getUint32(start + 16, true) - 1;
    const durable = Number(view.getBigUint64(start + 40, true));
    const bytes = Buffer.from(content.subarray(start, end));
    blocks.push({ path, start, end, first, last, durable, bytes });
    start = end;
  }
  return blocks;
}

/** How far the manifest says that the log was durable. */
export function durableInManifest(fileSystem: SimulatedFileSystem): number {
  return Number(viewOf(fileSystem.content(`${DIRECTORY}/manifest`)).getBigUint64(48, true));
}
