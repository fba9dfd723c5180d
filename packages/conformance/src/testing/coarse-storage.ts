import { ModelStorage } from './model-storage.js';

/** Scans in the order of short hashes, as a hash table would: many keys share one. */
export class CoarseStorage extends ModelStorage {
  protected override positionOf(key: string): Uint8Array {
    let hash = 0;
    for (let i = 0; i < key.length; i++) hash = (hash * 31 + key.charCodeAt(i)) & 0xff;
    return Uint8Array.of(hash);
  }
}
