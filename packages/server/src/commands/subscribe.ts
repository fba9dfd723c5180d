import type { CallOptions, Gap, KvClient, TopicPattern } from '@kv/protocol';
import type { ClientCommand } from '../client-command.js';
import { merge } from '../merge.js';
import type { Item } from '../render.js';
import { usageError } from '../usage.js';

interface SubscribeFlags {
  readonly pattern?: readonly string[];
}

export const subscribe: ClientCommand<string[], SubscribeFlags> = {
  summary: 'Print what is published to topics, until it is interrupted',
  arguments: [['[topics...]', 'names of topics']],
  flags: [
    [
      '--pattern <pattern>',
      "all topics of this pattern, in which '*' stands for any characters; may be given several times",
      (text, before) => (Array.isArray(before) ? [...before, text] : [text]),
    ],
  ],
  note: `
Prints a message a line, after its topic. A message that was published to several of the topics' patterns comes as
often. After a lost connection it subscribes anew, and says that messages may be missing.
`,
  examples: [
    'kv subscribe news',
    'kv subscribe news weather --json',
    "kv subscribe --pattern 'chat.*'",
  ],
  prepare: (topics, _values, { pattern = [] }) => {
    const all = [...topics, ...pattern.map((each) => ({ pattern: each }))];
    if (all.length === 0) throw usageError('there must be a topic or a --pattern');
    return async (client, options) => ({ items: items(client, all, options), live: true });
  },
};

async function* items(
  client: KvClient,
  topics: readonly (string | TopicPattern)[],
  { signal }: CallOptions,
): AsyncGenerator<Item, void, undefined> {
  const gaps: Gap[] = [];
  const onGap = (gap: Gap): void => void gaps.push(gap);
  const subscriptions = await Promise.all(
    topics.map((topic) => client.subscribe(topic, { signal, onGap })),
  );
  for await (const { topic, values } of merge(subscriptions)) {
    for (const { missed = null } of gaps.splice(0)) yield { missed };
    yield { topic, values };
  }
  // They have ended because the client has.
  signal?.throwIfAborted();
}
