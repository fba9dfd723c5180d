import type { Engine } from '@kv/core';
import type { CommandExecutor } from '../command/command-suite.js';

/** A session of an engine of its own, to whose peer things can be pushed; it takes no notice of them. */
export function engineExecutor(engine: Engine): CommandExecutor {
  const session = engine.openSession({ transport: 'test', address: 'here' });
  session.pushTo({ ready: true, push: () => true });
  return {
    execute: (request) => session.execute(request),
    close: () => engine.close(),
  };
}
