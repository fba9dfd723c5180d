import type { ClientCommand } from '../client-command.js';

export const snapshot: ClientCommand<[]> = {
  summary: 'Have the server take a snapshot, and print its bytes',
  arguments: [],
  note: `
A snapshot is all data, written in one piece in the place of the log. Waits until it is on disk: give a longer --timeout
if there is much of it. Storage without a log takes no snapshots.
`,
  examples: ['kv snapshot --timeout 600000'],
  prepare: () => async (client, options) => ({
    items: [{ value: BigInt(await client.snapshot(options)) }],
  }),
};
