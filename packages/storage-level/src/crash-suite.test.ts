import { crashSuite } from '@kv/conformance';

for (const query of ['sync', 'nosync']) {
  crashSuite({
    name: `LevelStorage, ${query}`,
    worker: new URL(`./testing/crash-worker.js?${query}`, import.meta.url),
  });
}
