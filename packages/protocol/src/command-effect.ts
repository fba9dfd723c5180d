import type { CommandName } from './messages.js';

/**
 * What each command does to what is stored. One that only reads may be repeated when nobody knows
 * whether it was carried out. A command that is added to the proto file is an error here until it says.
 */
export const COMMAND_EFFECT: { readonly [Name in CommandName]: 'read' | 'write' } = {
  hget: 'read',
  hgetall: 'read',
  hmget: 'read',
  hset: 'write',
  hmset: 'write',
  hdel: 'write',
  hmdel: 'write',
  hexist: 'read',
  hmexist: 'read',
  // Of what is stored they change nothing; who may read may listen, who may write may be heard.
  subscribe: 'read',
  unsubscribe: 'read',
  publish: 'write',
  hscan: 'read',
  // Not of the data; but who may only read may not have all of it written anew.
  snapshot: 'write',
  watch: 'read',
  changes: 'read',
};
