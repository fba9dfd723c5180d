import type { CommandName } from '@kv/protocol';
import type { ClientCommand } from './client-command.js';
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
import { watch } from './commands/watch.js';

/** The commands that the command line has. A subscription of its ends with the process; changes are for who watches. */
export type ClientCommandName = Exclude<CommandName, 'unsubscribe' | 'changes'>;

/**
 * Every command, as the command line has it. A command that is added to the proto file is an error
 * here until it has one.
 */
export const commandTable: { readonly [Name in ClientCommandName]: ClientCommand } = {
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
  publish,
  hscan,
  snapshot,
  watch,
};
