import { ByteWriter, writeChangeResponse } from '@kv/protocol';
import type { FeedChange } from './feed-change.js';

/** A writer that has grown beyond this is not kept. */
const MAX_KEPT_BYTES = 256 * 1024;

let writer = new ByteWriter();
/** What stands in it. */
let encoded: FeedChange | undefined;

/**
 * A change as the straight-line codec makes it travel. Encoded once for all who ask one after the other; valid until
 * somebody asks for another.
 *
 * @throws {KvError} `INTERNAL` if there is no memory.
 */
export function encodedChange(change: FeedChange): Uint8Array {
  if (change !== encoded) {
    encoded = undefined;
    if (writer.bytes.length > MAX_KEPT_BYTES) writer = new ByteWriter();
    writer.length = 0;
    writeChangeResponse(change, writer);
    encoded = change;
  }
  const { buffer, byteOffset } = writer.bytes;
  return new Uint8Array(buffer, byteOffset, writer.length);
}
