import { crashSuite } from '@kv/conformance';

for (const query of ['sync', 'nosync']) {
  crashSuite({
    name: `LmdbStorage, ${query}`,
    worker: new URL(`./testing/crash-worker.js?${query}`, import.meta.url),
  });
}
