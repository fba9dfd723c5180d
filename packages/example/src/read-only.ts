import { COMMAND_EFFECT, type Engine, KvError, tableOf } from '@kv/core';

/**
 * A hook that says no: from now on, whatever would change one of `tables` is refused with `FORBIDDEN`,
 * whichever way it comes.
 */
export function makeReadOnly(engine: Engine, tables: readonly string[]): void {
  const protectedTables = new Set(tables);
  engine.hooks.on('requestReceived', ({ request }) => {
    const { case: command } = request.requestData;
    if (command === undefined || COMMAND_EFFECT[command] === 'read') return;
    const table = tableOf(request);
    if (table !== undefined && protectedTables.has(table)) {
      throw new KvError('FORBIDDEN', `Table ${table} is read-only`);
    }
  });
}
