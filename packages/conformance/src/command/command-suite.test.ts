import { Engine } from '@kv/core';
import { engineExecutor } from '../testing/engine-executor.js';
import { commandSuite } from './command-suite.js';

commandSuite({ name: 'engine in-process', push: false, open: () => new Engine() });

commandSuite({ name: 'session of an engine', open: () => engineExecutor(new Engine()) });

commandSuite({
  name: 'session of an engine, with a listener that takes its time',
  open: () => {
    const engine = new Engine();
    engine.hooks.on('requestReceived', () => Promise.resolve());
    return engineExecutor(engine);
  },
});
