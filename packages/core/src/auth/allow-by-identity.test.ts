import {
  COMMAND_EFFECT,
  type CommandName,
  type CommandRequest,
  commandRequest,
  tableOf,
  topicOf,
  valueToMessage,
} from '@kv/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Engine } from '../engine.js';
import type { PeerTls } from '../peer.js';
import { allowByIdentity, type Identity, type IdentityRule } from './allow-by-identity.js';

let engine: Engine;
beforeEach(() => {
  engine = new Engine();
});
afterEach(() => engine.close());

const subscribeTo = (what: { topic?: string; pattern?: string }): CommandRequest => {
  const nothing = { topic: '', pattern: '', maxMessages: 0, maxBytes: 0, overflow: '' };
  return commandRequest('subscribe', { ...nothing, ...what });
};
const pair = { key: 'k', value: valueToMessage('v') };
/** Each command, on a table or a topic of this name. */
const REQUESTS: { readonly [Name in CommandName]: (table: string) => CommandRequest } = {
  hget: (table) => commandRequest('hget', { table, key: 'k' }),
  hgetall: (table) => commandRequest('hgetall', { table }),
  hmget: (table) => commandRequest('hmget', { table, keys: ['k'] }),
  hset: (table) => commandRequest('hset', { table, pair }),
  hmset: (table) => commandRequest('hmset', { table, pairs: [pair] }),
  hdel: (table) => commandRequest('hdel', { table, key: 'k' }),
  hmdel: (table) => commandRequest('hmdel', { table, keys: ['k'] }),
  hexist: (table) => commandRequest('hexist', { table, key: 'k' }),
  hmexist: (table) => commandRequest('hmexist', { table, keys: ['k'] }),
  subscribe: (topic) => subscribeTo({ topic }),
  unsubscribe: (topic) => commandRequest('unsubscribe', { topic, id: 1 }),
  publish: (topic) => commandRequest('publish', { topic, data: [] }),
  hscan: (table) =>
    commandRequest('hscan', { table, cursor: new Uint8Array(0), limit: 0, prefix: '' }),
  snapshot: () => commandRequest('snapshot', {}),
  watch: (table) =>
    commandRequest('watch', {
      ...{ table, key: '', prefix: '' },
      ...{ maxMessages: 0, maxBytes: 0, overflow: '' },
    }),
  changes: (table) =>
    commandRequest('changes', {
      ...{ table, key: '', prefix: '', limit: 0 },
      after: { epoch: 1n, sequence: 1n },
    }),
};
/** All but that which is of what is a peer's own. */
const COMMANDS = (Object.keys(REQUESTS) as CommandName[]).filter((name) => name !== 'unsubscribe');

const verified = (names: Partial<PeerTls>): PeerTls => ({
  protocol: 'TLSv1.3',
  authorized: true,
  altNames: [],
  ...names,
});
const reporting = verified({ commonName: 'reporting' });

/** The status of the answer to a peer of whom TLS says this. */
async function status(tls: PeerTls | undefined, request: CommandRequest): Promise<number> {
  const peer = { transport: 'tcp', address: '127.0.0.1:50122' };
  const session = engine.openSession(tls === undefined ? peer : { ...peer, tls });
  const response = await session.execute(request);
  session.close();
  return response.status;
}

/** Which commands on `table` are let through to the engine. */
async function allowed(tls: PeerTls, table: string): Promise<CommandName[]> {
  const statuses = await Promise.all(
    COMMANDS.map((command) => status(tls, REQUESTS[command](table))),
  );
  expect(statuses.filter((each) => ![200, 403, 404, 410, 501].includes(each))).toEqual([]);
  return COMMANDS.filter((_, index) => statuses[index] !== 403);
}

const withEffect = (effect: 'read' | 'write'): CommandName[] =>
  COMMANDS.filter((command) => COMMAND_EFFECT[command] === effect);

describe('a peer without a verified identity', () => {
  it.each<[string, PeerTls | undefined]>([
    ['on a connection without TLS', undefined],
    ['without a certificate', { protocol: 'TLSv1.3', authorized: false, altNames: [] }],
    // A transport says no names then; this one does, to show that they would not help.
    ['with one that nobody vouches for', { ...reporting, authorized: false }],
  ])('%s gets 401, whatever it asks', async (_, tls) => {
    allowByIdentity(engine, {
      rules: [
        { commonName: 'reporting', commands: ['read', 'write'], tables: 'all', topics: 'all' },
      ],
    });
    for (const command of COMMANDS) expect(await status(tls, REQUESTS[command]('t'))).toBe(401);
    expect(await status(tls, { requestData: { case: undefined } })).toBe(401);
  });
});

describe('a rule', () => {
  it.each<[IdentityRule['commands'], CommandName[]]>([
    [['read'], withEffect('read')],
    [['write'], withEffect('write')],
    [['read', 'write'], COMMANDS],
    [
      ['hget', 'hset'],
      ['hget', 'hset'],
    ],
    [
      ['read', 'hdel'],
      [...withEffect('read'), 'hdel'],
    ],
    [[], []],
  ])('for %j allows just these commands', async (commands, expected) => {
    allowByIdentity(engine, {
      rules: [{ commonName: 'reporting', commands, tables: 'all', topics: 'all' }],
    });
    expect((await allowed(reporting, 't')).sort()).toEqual([...expected].sort());
  });

  it('allows just the tables that it names', async () => {
    const tables = ['metrics', 'logs'];
    allowByIdentity(engine, {
      rules: [{ commonName: 'reporting', commands: ['read', 'write'], tables }],
    });
    const aboutTables = COMMANDS.filter((command) => tableOf(REQUESTS[command]('t')) === 't');
    expect(await allowed(reporting, 'metrics')).toEqual(aboutTables);
    expect(await allowed(reporting, 'logs')).toEqual(aboutTables);
    expect(await allowed(reporting, 'users')).toEqual([]);
    expect(await allowed(reporting, 'all')).toEqual([]);
  });

  it.each<[string, Identity, PeerTls, boolean]>([
    ['a common name', { commonName: 'reporting' }, reporting, true],
    ['another common name', { commonName: 'reporter' }, reporting, false],
    ['no common name', { commonName: 'reporting' }, verified({}), false],
    ['an alternative name', { altName: 'DNS:a' }, verified({ altNames: ['DNS:b', 'DNS:a'] }), true],
    ['one of another kind', { altName: 'URI:a' }, verified({ altNames: ['DNS:a'] }), false],
    ['one without a kind', { altName: 'a' }, verified({ altNames: ['DNS:a'] }), false],
    ['a common name like it', { altName: 'DNS:a' }, verified({ commonName: 'DNS:a' }), false],
    ['one of both', { altName: 'DNS:a', commonName: 'reporting' }, reporting, false],
    [
      'both',
      { altName: 'DNS:a', commonName: 'reporting' },
      { ...reporting, altNames: ['DNS:a'] },
      true,
    ],
  ])('is for who has %s', async (_, whom, tls, allows) => {
    allowByIdentity(engine, { rules: [{ ...whom, commands: ['read'], tables: 'all' }] });
    expect(await status(tls, REQUESTS.hgetall('t'))).toBe(allows ? 200 : 403);
  });

  it('adds to what others allow', async () => {
    allowByIdentity(engine, {
      rules: [
        { commonName: 'reporting', commands: ['read'], tables: 'all' },
        { commonName: 'reporting', commands: ['hset'], tables: ['reports'] },
      ],
    });
    expect(await allowed(reporting, 'reports')).toContain('hset');
    const reads = withEffect('read').filter(
      (command) => topicOf(REQUESTS[command]('t')) === undefined,
    );
    expect(await allowed(reporting, 'metrics')).toEqual(reads);
  });

  it('allows no topics unless it names them', async () => {
    allowByIdentity(engine, {
      rules: [{ commonName: 'reporting', commands: ['read', 'write'], tables: 'all' }],
    });
    for (const command of ['subscribe', 'publish'] as const) {
      expect(await status(reporting, REQUESTS[command]('t'))).toBe(403);
    }
  });

  it('lets anybody unsubscribe who is somebody: from what is his own, as a watch is', async () => {
    allowByIdentity(engine, { rules: [] });
    // 501, since nothing can be pushed to the peers of this test.
    for (const topic of ['', 't']) {
      expect(await status(reporting, REQUESTS.unsubscribe(topic))).toBe(501);
    }
    expect(await status(undefined, REQUESTS.unsubscribe(''))).toBe(401);
  });

  it('lets who may watch a table ask for its changes, and no other command', async () => {
    allowByIdentity(engine, {
      rules: [{ commonName: 'reporting', commands: ['watch'], tables: ['t'] }],
    });
    expect(await allowed(reporting, 't')).toEqual(['watch', 'changes']);
    expect(await allowed(reporting, 'other')).toEqual([]);
  });

  it('allows just the topics that it names', async () => {
    allowByIdentity(engine, {
      rules: [
        { commonName: 'reporting', commands: ['read', 'write'], tables: [], topics: ['a', '*.b'] },
      ],
    });
    const aboutTopics = COMMANDS.filter((command) => topicOf(REQUESTS[command]('t')) === 't');
    expect(await allowed(reporting, 'a')).toEqual(aboutTopics);
    expect(await allowed(reporting, 'x.b')).toEqual(aboutTopics);
    expect(await allowed(reporting, 'b')).toEqual([]);
    expect(await allowed(reporting, 'aa')).toEqual([]);
  });

  it.each<[string, boolean]>([
    ['chat.*', true],
    ['chat.room.*', true],
    ['chat.*.*', true],
    ['chat.a', true],
    ['chat*', false],
    ['*', false],
    ['*chat.a', false],
  ])('for the topics chat.* lets who subscribes to the pattern %s: %j', async (pattern, allows) => {
    allowByIdentity(engine, {
      rules: [{ commonName: 'reporting', commands: ['read'], tables: [], topics: ['chat.*'] }],
    });
    // 501, since nothing can be pushed to the peers of this test.
    expect(await status(reporting, subscribeTo({ pattern }))).toBe(allows ? 501 : 403);
  });

  it('takes names that are properties of Object as any other', async () => {
    const strange = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
    allowByIdentity(engine, {
      rules: [
        {
          commonName: '__proto__',
          commands: ['read'],
          tables: ['__proto__'],
          topics: ['__proto__'],
        },
      ],
    });
    for (const name of strange) {
      const tls = verified({ commonName: name });
      expect(await allowed(tls, '__proto__')).toEqual(
        name === '__proto__' ? withEffect('read') : [],
      );
      expect(await allowed(verified({ commonName: '__proto__' }), name)).toEqual(
        name === '__proto__' ? withEffect('read') : [],
      );
    }
  });

  it('that names nobody is refused, and nothing is changed', async () => {
    const rules = [{ commonname: 'reporting', commands: ['read'], tables: 'all' }];
    expect(() => allowByIdentity(engine, { rules: rules as never })).toThrow(TypeError);
    expect(engine.hooks.idle).toBe(true);
  });
});

describe('calls from this process', () => {
  it('are allowed, unless it is said that they are not', async () => {
    const off = allowByIdentity(engine, { rules: [] });
    expect(await engine.client().hget('t', 'k')).toBeNull();
    off();
    allowByIdentity(engine, { rules: [], inProcess: 'refuse' });
    await expect(engine.client().hget('t', 'k')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });
});

it('can be taken off again', async () => {
  const off = allowByIdentity(engine, { rules: [] });
  expect(await status(reporting, REQUESTS.hgetall('t'))).toBe(403);
  off();
  expect(await status(undefined, REQUESTS.hgetall('t'))).toBe(200);
  expect(engine.hooks.idle).toBe(true);
});

it('sees a request as the listeners before it have left it', async () => {
  engine.hooks.on('requestReceived', (context) => {
    context.request = REQUESTS.hgetall('secrets');
  });
  allowByIdentity(engine, {
    rules: [{ commonName: 'reporting', commands: ['read'], tables: ['metrics'] }],
  });
  expect(await status(reporting, REQUESTS.hgetall('metrics'))).toBe(403);
});
