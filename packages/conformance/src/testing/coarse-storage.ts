import { createHash } from 'node:crypto';
import { ModelStorage } from './model-storage.js';

/** Scans in the order of short hashes, as a hash table would: many keys share one. */
export class CoarseStorage extends ModelStorage {
  protected override positionOf(key: string): Uint8Array {
    const [byte = 0] = createHash('sha1').update(key).digest();
    return Uint8Array.of(byte);
  }
}
