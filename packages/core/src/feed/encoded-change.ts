import { ByteWriter, writeChangeResponse } from '@kv/protocol';
import type { FeedChange } from './feed-change.js';

/** What has more bytes is not kept for longer than those take who ask for a change one after the other. */
export const MAX_KEPT_BYTES: number = 64 * 1024;

const NOTHING = new Uint8Array(0);

let writer: ByteWriter | undefined;
/** What stands in it, */
let encoded: FeedChange | undefined;
/** and where. */
let bytes: Uint8Array = NOTHING;

/**
 * A change as the straight-line codec makes it travel. Encoded once for all who ask one after the other; valid until
 * somebody asks for another, and no longer than what now runs.
 *
 * @throws {KvError} `INTERNAL` if there is no memory.
 */
export function encodedChange(change: FeedChange): Uint8Array {
  if (change === encoded) return bytes;
  writer ??= new ByteWriter();
  return encode(change, writer);
}

function encode(change: FeedChange, out: ByteWriter): Uint8Array {
  encoded = undefined;
  out.length = 0;
  try {
    writeChangeResponse(change, out);
  } finally {
    // Nothing may come for long that would take its place.
    if (out.bytes.length > MAX_KEPT_BYTES) queueMicrotask(forget);
  }
  const { buffer, byteOffset } = out.bytes;
  bytes = new Uint8Array(buffer, byteOffset, out.length);
  encoded = change;
  return bytes;
}

function forget(): void {
  writer = undefined;
  bytes = NOTHING;
  encoded = undefined;
}
