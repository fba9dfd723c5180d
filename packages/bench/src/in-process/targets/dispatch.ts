import { type CommandResponse, commandRequest, dispatch, SlabStorage } from '@kv/core';
import { TABLE } from '../../data.js';
import type { OpenTarget } from '../target.js';

/** The commands on the storage that engines have by default, with no engine around them: no sessions, no hook points. */
export const openDispatch: OpenTarget = async ({ keys, values }) => {
  const storage = new SlabStorage();
  const context = { storage };
  keys.forEach((key, i) => {
    storage.set(TABLE, key, values[i] as string);
  });
  return {
    sync: true,
    get: (key) => {
      const answer = dispatch(commandRequest('hget', { table: TABLE, key }), context);
      return (answer as CommandResponse).values[0]?.value.value;
    },
    set: (key, value) => {
      const pair = { key, value: { value: { case: 'string', value } } } as const;
      return dispatch(commandRequest('hset', { table: TABLE, pair }), context);
    },
  };
};
