import type { CommandName } from '@kv/protocol';
import type { CommandService } from './command-service.js';
import { changes } from './commands/changes.js';
import { hdel } from './commands/hdel.js';
import { hexist } from './commands/hexist.js';
import { hget } from './commands/hget.js';
import { hgetall } from './commands/hgetall.js';
import { hmdel } from './commands/hmdel.js';
import { hmexist } from './commands/hmexist.js';
import { hmget } from './commands/hmget.js';
import { hmset } from './commands/hmset.js';
import { hscan } from './commands/hscan.js';
import { hset } from './commands/hset.js';
import { publish } from './commands/publish.js';
import { snapshot } from './commands/snapshot.js';
import { subscribe } from './commands/subscribe.js';
import { unsubscribe } from './commands/unsubscribe.js';
import { watch } from './commands/watch.js';

/**
 * Every command and what carries it out. A command that is added to the proto file is an error here
 * until it has its service.
 */
export const commandTable: { readonly [Name in CommandName]: CommandService<Name> } = {
  hget,
  hgetall,
  hmget,
  hset,
  hmset,
  hdel,
  hmdel,
  hexist,
  hmexist,
  subscribe,
  unsubscribe,
  publish,
  hscan,
  snapshot,
  watch,
  changes,
};
