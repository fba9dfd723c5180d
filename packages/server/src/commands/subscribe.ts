import type { KvClient, SubscribeOptions, TopicPattern } from '@kv/protocol';
import { advising } from '../advising.js';
import type { ClientCommand, Say } from '../client-command.js';
import { count } from '../flags.js';
import { limited } from '../limited.js';
import { hintAtLiteral } from '../literal-topic.js';
import { merge } from '../merge.js';
import type { GapItem, Item, MessageItem } from '../render.js';
import { usageError } from '../usage.js';
import { withGaps } from '../with-gaps.js';

interface SubscribeFlags {
  readonly pattern?: readonly string[];
  readonly dropOldest?: boolean;
  readonly limit?: number;
}

const ADVICE = 'with --drop-oldest it would miss some, say how many, and go on';

export const subscribe: ClientCommand<string[], SubscribeFlags> = {
  summary: 'Print what is published to topics, until it is interrupted',
  arguments: [['[topics...]', 'names of topics']],
  flags: [
    [
      '--pattern <pattern>',
      "all topics of this pattern, in which '*' stands for any characters; may be given several times",
      (text, before) => (Array.isArray(before) ? [...before, text] : [text]),
    ],
    [
      '--drop-oldest',
      'of what it is too slow for, miss what has waited longest, and say how many; without it, it fails',
      (text) => text,
    ],
    ['--limit <n>', 'end after so many lines', count(1)],
  ],
  note: `
Prints a message a line, after its topic. A message that was published to several of the topics' patterns comes as
often. After a lost connection it subscribes anew, and says that messages may be missing. Some messages may wait if they
are not printed as fast as they come, 10,000 or 1 MiB, and once more on the server's side. A line on stderr, 'kv is
subscribed to <topics>', says when it is in place: what is published after that is printed.
`,
  examples: [
    'kv subscribe news',
    'kv subscribe news weather --json',
    "kv subscribe --pattern 'chat.*'",
  ],
  prepare: (topics, _values, { pattern = [], dropOldest = false, limit }) => {
    const all = [...topics, ...pattern.map((each) => ({ pattern: each }))];
    if (all.length === 0) throw usageError('there must be a topic or a --pattern');
    const overflow = dropOldest ? 'drop-oldest' : 'error';
    return async (client, { signal }, say) => {
      if (pattern.length === 0) for (const topic of topics) hint(topic, say);
      const options = { signal, overflow } as const;
      const messages = await Promise.all(all.map((topic) => itemsOf(client, topic, options)));
      say(`kv is subscribed to ${[...topics, ...pattern].join(', ')}`);
      return { items: limited(items(messages, options), limit), live: true };
    };
  },
};

/** Whoever has given a pattern knows how. */
function hint(topic: string, say: Say): void {
  hintAtLiteral(topic, `all that match it are --pattern '${topic}'`, say);
}

async function* items(
  messages: readonly AsyncIterable<Item>[],
  { overflow, signal }: SubscribeOptions,
): AsyncGenerator<Item, void, undefined> {
  const all = merge(messages);
  if (overflow === 'error') yield* advising('TOO_MANY_REQUESTS', ADVICE, all);
  else yield* all;
  // They have ended because the client has.
  signal?.throwIfAborted();
}

/** What comes of one topic or pattern; a gap says of which. */
async function itemsOf(
  client: KvClient,
  topic: string | TopicPattern,
  options: SubscribeOptions,
): Promise<AsyncIterable<MessageItem | GapItem>> {
  const subscription = await withGaps((onGap) => client.subscribe(topic, { ...options, onGap }));
  const about = typeof topic === 'string' ? { topic } : topic;
  return {
    async *[Symbol.asyncIterator]() {
      for await (const item of subscription) {
        yield 'missed' in item ? { ...about, missed: item.missed ?? null } : item;
      }
    },
  };
}
