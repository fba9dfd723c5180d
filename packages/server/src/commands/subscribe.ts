import type { CallOptions, KvClient, TopicPattern } from '@kv/protocol';
import type { ClientCommand } from '../client-command.js';
import { merge } from '../merge.js';
import type { GapItem, Item, MessageItem } from '../render.js';
import { usageError } from '../usage.js';
import { withGaps } from '../with-gaps.js';

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
  yield* merge(await Promise.all(topics.map((topic) => itemsOf(client, topic, { signal }))));
  // They have ended because the client has.
  signal?.throwIfAborted();
}

/** What comes of one topic or pattern; a gap says of which. */
async function itemsOf(
  client: KvClient,
  topic: string | TopicPattern,
  { signal }: CallOptions,
): Promise<AsyncIterable<MessageItem | GapItem>> {
  const subscription = await withGaps((onGap) => client.subscribe(topic, { signal, onGap }));
  const about = typeof topic === 'string' ? { topic } : topic;
  return {
    async *[Symbol.asyncIterator]() {
      for await (const item of subscription) {
        yield 'missed' in item ? { ...about, missed: item.missed ?? null } : item;
      }
    },
  };
}
