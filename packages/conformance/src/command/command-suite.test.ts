import { Engine } from '@kv/core';
import { commandSuite } from './command-suite.js';

commandSuite({ name: 'engine in-process', open: () => new Engine() });

commandSuite({
  name: 'engine in-process, with a listener that takes its time',
  open: () => {
    const engine = new Engine();
    engine.hooks.on('requestReceived', () => Promise.resolve());
    return engine;
  },
});
