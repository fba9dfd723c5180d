import { type CommandName, commandRequest } from '@kv/core';
import { changesCases } from './cases/changes.js';
import { hdelCases } from './cases/hdel.js';
import { hexistCases } from './cases/hexist.js';
import { hgetCases } from './cases/hget.js';
import { hgetallCases } from './cases/hgetall.js';
import { hmdelCases } from './cases/hmdel.js';
import { hmexistCases } from './cases/hmexist.js';
import { hmgetCases } from './cases/hmget.js';
import { hmsetCases } from './cases/hmset.js';
import { hscanCases } from './cases/hscan.js';
import { hsetCases } from './cases/hset.js';
import { publishCases } from './cases/publish.js';
import { snapshotCases } from './cases/snapshot.js';
import { subscribeCases } from './cases/subscribe.js';
import { unsubscribeCases } from './cases/unsubscribe.js';
import { watchCases } from './cases/watch.js';
import type { CommandCase, RequestCase } from './command-case.js';
import { invalid } from './expected-response.js';

/**
 * What every command answers, as cases. A command that is added to the proto file is an error here
 * until it has its cases.
 */
export const commandCases: { readonly [Name in CommandName]: readonly CommandCase<Name>[] } = {
  hget: hgetCases,
  hgetall: hgetallCases,
  hmget: hmgetCases,
  hset: hsetCases,
  hmset: hmsetCases,
  hdel: hdelCases,
  hmdel: hmdelCases,
  hexist: hexistCases,
  hmexist: hmexistCases,
  subscribe: subscribeCases,
  unsubscribe: unsubscribeCases,
  publish: publishCases,
  hscan: hscanCases,
  snapshot: snapshotCases,
  watch: watchCases,
  changes: changesCases,
};

/** The cases of `name`, with whole requests. */
export function casesOf<Name extends CommandName>(name: Name): RequestCase[] {
  const cases: readonly CommandCase<Name>[] = commandCases[name];
  return cases.map((each) => ({ ...each, request: commandRequest(name, each.request) }));
}

/** A request without a command, in the words of the reference implementation. */
export const emptyRequestCase: RequestCase = {
  title: 'a request that holds no command is refused',
  request: { requestData: { case: undefined } },
  response: invalid('Request has no data'),
};
