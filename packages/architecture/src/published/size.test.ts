import { describe, expect, inject, it } from 'vitest';
import { published } from '../packages.js';
import { bytesOf } from './files.js';

const KIB = 1024;

/**
 * How large a package may be, in KiB: to download, and on the disk. Room for a few features more, but
 * not for what gets in unnoticed. Whoever exceeds it decides whether that is worth it to all who install.
 */
const budget: Readonly<Record<string, readonly [packed: number, unpacked: number]>> = {
  protocol: [152, 720],
  core: [256, 1200],
  'data-directory': [18, 60],
  'storage-lmdb': [46, 180],
  client: [40, 160],
  'storage-level': [40, 160],
  'transport-tcp': [52, 200],
  'storage-wal': [172, 740],
  server: [88, 350],
  conformance: [184, 860],
};

describe('the size of a package', () => {
  it('has a budget wherever there is one to publish', () => {
    expect(Object.keys(budget).sort()).toEqual([...published].sort());
  });

  it.each(Object.entries(inject('tarballs')))('%s is within its budget', (name, tarball) => {
    const [packed = 0, unpacked = 0] = budget[name] ?? [];
    const size = { packed: bytesOf(tarball.file) / KIB, unpacked: bytesOf(tarball.folder) / KIB };
    expect(size.packed).toBeLessThan(packed);
    expect(size.unpacked).toBeLessThan(unpacked);
  });
});
