import { crashSuite } from '@kv/conformance';

for (const [name, query] of [
  ['fsync always', 'fsync=always'],
  ['fsync always, inline, a snapshot at the end', 'fsync=always&inline&snapshotAtClose'],
  ['fsync everysec', 'fsync=everysec'],
  ['fsync never', 'fsync=never'],
] as const) {
  crashSuite({
    name: `WalStorage, ${name}`,
    worker: new URL(`./testing/crash-worker.js?${query}`, import.meta.url),
    prefix: true,
  });
}
