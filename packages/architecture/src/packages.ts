import { manifest } from './repository.js';

/** What the sources of a package may import, besides Node.js itself. */
export interface Rule {
  /** Packages of this repository; `*` for any. */
  readonly own: readonly string[] | '*';
  /** Others. */
  readonly foreign: readonly string[] | '*';
}

/** Every package there is. One that is not named here may not be. */
export const packages: Readonly<Record<string, Rule>> = {
  protocol: { own: [], foreign: ['@bufbuild/protobuf', 'eventemitter3'] },
  core: { own: ['protocol'], foreign: ['eventemitter3'] },
  'data-directory': { own: ['protocol'], foreign: ['fs-native-extensions'] },
  // Never core: a client works in an application that does not have the engine.
  client: { own: ['protocol'], foreign: ['eventemitter3'] },
  'storage-level': {
    own: ['core', 'data-directory', 'protocol'],
    foreign: ['classic-level'],
  },
  'storage-lmdb': { own: ['core', 'data-directory', 'protocol'], foreign: ['lmdb'] },
  'transport-tcp': { own: ['core', 'protocol'], foreign: [] },
  'storage-wal': { own: ['core', 'data-directory', 'protocol'], foreign: [] },
  server: {
    own: [
      'client',
      'core',
      'data-directory',
      'protocol',
      'storage-level',
      'storage-lmdb',
      'storage-wal',
      'transport-tcp',
    ],
    foreign: ['commander'],
  },
  conformance: { own: ['core', 'protocol'], foreign: ['vitest'] },
  'protoc-gen-kv-codec': {
    own: [],
    foreign: ['@bufbuild/protobuf', '@bufbuild/protoplugin'],
  },
  'test-certificates': { own: [], foreign: ['selfsigned'] },
  example: { own: '*', foreign: '*' },
  bench: { own: '*', foreign: '*' },
  reference: { own: '*', foreign: '*' },
  architecture: { own: '*', foreign: '*' },
};

/** Those of them that are published, by their names without the scope. */
export const published: readonly string[] = Object.keys(packages).filter(
  (name) => manifest(name).private !== true,
);
