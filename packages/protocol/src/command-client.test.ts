import { describe, expect, it } from 'vitest';
import { type Awaitable, whenReady } from './awaitable.js';
import { CommandClient } from './command-client.js';
import type { CallOptions } from './kv-client.js';
import { ERROR_STATUS, KvError, type KvErrorCode } from './kv-error.js';
import {
  type CommandName,
  type CommandRequest,
  type CommandResponse,
  commandRequest,
} from './messages.js';
import { errorResponse, notFoundResponse, okResponse, pageResponse } from './response.js';
import { type Value, valueToMessage } from './value.js';

/** Answers every request with the same response, and remembers what it was asked. */
class ScriptedClient extends CommandClient {
  readonly sent: CommandRequest[] = [];
  readonly options: (CallOptions | undefined)[] = [];
  closed = 0;
  readonly #answer: () => Awaitable<CommandResponse>;

  constructor(answer: () => Awaitable<CommandResponse>) {
    super();
    this.#answer = answer;
  }

  protected override execute(
    request: CommandRequest,
    options: CallOptions | undefined,
    answered?: (response: CommandResponse) => void,
  ): Awaitable<CommandResponse> {
    this.sent.push(request);
    this.options.push(options);
    return whenReady(this.#answer(), (response) => {
      answered?.(response);
      return response;
    });
  }

  protected override async leave(request: CommandRequest): Promise<void> {
    this.sent.push(request);
  }

  /** Pushes a message to a subscription. */
  push(id: number, response: CommandResponse, missed = 0): void {
    this.inboxes.deliver(id, response, missed);
  }

  override async close(): Promise<void> {
    this.closed++;
  }
}

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

type Call = (client: CommandClient, options?: CallOptions) => Promise<unknown>;

const values = (...all: (Value | null)[]): CommandResponse => okResponse(all.map(valueToMessage));
const answering = (response: CommandResponse): ScriptedClient => new ScriptedClient(() => response);

/** Every command that is a method: a call of it, the request it sends, an answer to it, and what the caller gets. */
const COMMANDS: Record<
  Exclude<CommandName, 'unsubscribe'>,
  [Call, CommandRequest, CommandResponse, unknown]
> = {
  hget: [
    (kv, options) => kv.hget('t', 'k', options),
    commandRequest('hget', { table: 't', key: 'k' }),
    values('v'),
    'v',
  ],
  hgetall: [
    (kv, options) => kv.hgetall('t', options),
    commandRequest('hgetall', { table: 't' }),
    okResponse(
      [],
      [
        { key: '__proto__', value: valueToMessage(1n) },
        { key: '7', value: valueToMessage(false) },
      ],
    ),
    new Map<string, Value>([
      ['__proto__', 1n],
      ['7', false],
    ]),
  ],
  hmget: [
    (kv, options) => kv.hmget('t', ['a', 'b'], options),
    commandRequest('hmget', { table: 't', keys: ['a', 'b'] }),
    values(1n, null),
    [1n, null],
  ],
  hset: [
    (kv, options) => kv.hset('t', 'k', 1.5, options),
    commandRequest('hset', { table: 't', pair: { key: 'k', value: valueToMessage(1.5) } }),
    values(null),
    null,
  ],
  hmset: [
    (kv, options) =>
      kv.hmset(
        't',
        new Map<string, Value>([
          ['a', 'x'],
          ['b', true],
        ]),
        options,
      ),
    commandRequest('hmset', {
      table: 't',
      pairs: [
        { key: 'a', value: valueToMessage('x') },
        { key: 'b', value: valueToMessage(true) },
      ],
    }),
    values('old', null),
    ['old', null],
  ],
  hdel: [
    (kv, options) => kv.hdel('t', 'k', options),
    commandRequest('hdel', { table: 't', key: 'k' }),
    values(Uint8Array.of(1)),
    Uint8Array.of(1),
  ],
  hmdel: [
    (kv, options) => kv.hmdel('t', ['a', 'b'], options),
    commandRequest('hmdel', { table: 't', keys: ['a', 'b'] }),
    values('x', null),
    ['x', null],
  ],
  hexist: [
    (kv, options) => kv.hexist('t', 'k', options),
    commandRequest('hexist', { table: 't', key: 'k' }),
    values(false),
    false,
  ],
  hmexist: [
    (kv, options) => kv.hmexist('t', ['a', 'b'], options),
    commandRequest('hmexist', { table: 't', keys: ['a', 'b'] }),
    values(true, false),
    [true, false],
  ],
  hscan: [
    async (kv, options) => collect(kv.hscan('t', options)),
    commandRequest('hscan', { table: 't', cursor: new Uint8Array(0), limit: 0, prefix: '' }),
    okResponse(
      [],
      [
        { key: '__proto__', value: valueToMessage(1n) },
        { key: '7', value: valueToMessage(false) },
      ],
    ),
    [
      ['__proto__', 1n],
      ['7', false],
    ],
  ],
  subscribe: [
    async (kv, options) => (await kv.subscribe('news', options)).id,
    commandRequest('subscribe', {
      topic: 'news',
      pattern: '',
      maxMessages: 0,
      maxBytes: 0,
      overflow: 'error',
    }),
    values(7n),
    7,
  ],
  publish: [
    (kv, options) => kv.publish('news', ['v', 1n], options),
    commandRequest('publish', { topic: 'news', data: ['v', 1n].map(valueToMessage) }),
    { ...okResponse([]), delivered: 3 },
    3,
  ],
  watch: [
    async (kv, options) => {
      const { id, position } = await kv.watch('t', options);
      return [id, position];
    },
    commandRequest('watch', {
      ...{ table: 't', key: '', prefix: '' },
      ...{ maxMessages: 0, maxBytes: 0, overflow: 'drop-oldest' },
    }),
    { ...values(8n), position: { epoch: 3n, sequence: 4n } },
    [8, { epoch: 3, sequence: 4 }],
  ],
  changes: [
    (kv, options) => kv.changes('t', { epoch: 3, sequence: 4 }, options),
    commandRequest('changes', {
      ...{ table: 't', key: '', prefix: '', limit: 0 },
      after: { epoch: 3n, sequence: 4n },
    }),
    {
      ...okResponse([]),
      page: {
        changes: [
          {
            position: { epoch: 3n, sequence: 5n },
            ...{ key: 'k', cause: 'set', value: valueToMessage('v'), oldKnown: true },
          },
        ],
      },
      position: { epoch: 3n, sequence: 6n },
    },
    {
      changes: [
        {
          kind: 'change',
          position: { epoch: 3, sequence: 5 },
          ...{ table: 't', key: 'k', cause: 'set', value: 'v', old: null },
        },
      ],
      position: { epoch: 3, sequence: 6 },
    },
  ],
  snapshot: [
    (kv, options) => kv.snapshot(options),
    commandRequest('snapshot', {}),
    values(4096n),
    4096,
  ],
};

const ENTRIES = Object.entries(COMMANDS).map(([name, row]) => [name, ...row] as const);
const CALLS = Object.entries(COMMANDS).map(([name, [call]]) => [name, call] as const);

describe.each(ENTRIES)('%s', (_, call, request, response, result) => {
  it('sends its request and gives the answer in values of JavaScript', async () => {
    const client = answering(response);
    expect(await call(client)).toStrictEqual(result);
    expect(client.sent).toEqual([request]);
  });

  it('waits for an answer that takes time', async () => {
    const client = new ScriptedClient(() => Promise.resolve(response));
    expect(await call(client)).toStrictEqual(result);
  });

  it('hands on what is said of the call', async () => {
    const client = answering(response);
    const options = { timeoutMs: 5 };
    await call(client, options);
    expect(client.options).toMatchObject([options]);
  });
});

describe('an answer', () => {
  it('of 404 to hget is null', async () => {
    expect(await answering(notFoundResponse('t', 'k')).hget('t', 'k')).toBeNull();
  });

  it('of 404 to anything else is an error', async () => {
    const client = answering(notFoundResponse('t', 'k'));
    const others = CALLS.filter(([name]) => name !== 'hget');
    for (const [, call] of others) {
      await expect(call(client)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
    expect(client.sent.length).toBe(others.length);
  });

  const errors = Object.keys(ERROR_STATUS).filter((code) => code !== 'NOT_FOUND');

  it.each(errors as KvErrorCode[])('of an error rejects every call with it: %s', async (code) => {
    const client = answering(errorResponse(new KvError(code, 'why')));
    for (const [, call] of CALLS) {
      const thrown = await call(client).catch((error: unknown) => error);
      expect(thrown).toBeInstanceOf(KvError);
      expect(thrown).toMatchObject({ code, message: 'why' });
    }
  });

  it('that never comes rejects with the reason', async () => {
    const lost = new KvError('CONNECTION_LOST', 'cut');
    const client = new ScriptedClient(() => Promise.reject(lost));
    for (const [, call] of CALLS) await expect(call(client)).rejects.toBe(lost);
  });

  it.each<[string, Call, CommandResponse, string]>([
    ['no value to hget', (kv) => kv.hget('t', 'k'), values(), '0 values instead of 1'],
    ['two values to hget', (kv) => kv.hget('t', 'k'), values(1n, 2n), '2 values instead of 1'],
    ['no value to hset', (kv) => kv.hset('t', 'k', 1), values(), '0 values instead of 1'],
    ['no value to hdel', (kv) => kv.hdel('t', 'k'), values(), '0 values instead of 1'],
    ['too few to hmget', (kv) => kv.hmget('t', ['a', 'b']), values(1n), '1 values instead of 2'],
    ['too many to hmget', (kv) => kv.hmget('t', []), values(1n), '1 values instead of 0'],
    ['too few to hmset', (kv) => kv.hmset('t', [['a', 1]]), values(), '0 values instead of 1'],
    ['too many to hmdel', (kv) => kv.hmdel('t', ['a']), values(1n, 2n), '2 values instead of 1'],
    ['too few to hmexist', (kv) => kv.hmexist('t', ['a']), values(), '0 values instead of 1'],
    ['no boolean to hexist', (kv) => kv.hexist('t', 'k'), values(1n), 'else than a boolean'],
    ['an empty value to hexist', (kv) => kv.hexist('t', 'k'), values(null), 'than a boolean'],
    ['a text to hmexist', (kv) => kv.hmexist('t', ['a']), values('x'), 'else than a boolean'],
    ['an empty pair to hgetall', (kv) => kv.hgetall('t'), okResponse([], [{ key: 'k' }]), 'a pair'],
    ['a text to subscribe', (kv) => kv.subscribe('t'), values('v'), 'no id'],
    ['no value to subscribe', (kv) => kv.subscribe('t'), values(), 'no id'],
    ['no number to publish', (kv) => kv.publish('t', 'v'), values(), 'no number'],
    ['a text to snapshot', (kv) => kv.snapshot(), values('v'), 'an integer'],
    [
      'an empty pair to hscan',
      (kv) => collect(kv.hscan('t')),
      okResponse([], [{ key: 'k' }]),
      'a pair',
    ],
  ])('of another shape is a fault of the server: %s', async (_, call, response, message) => {
    await expect(call(answering(response))).rejects.toMatchObject({
      code: 'INTERNAL',
      message: expect.stringContaining(message),
    });
  });

  it('is held to the keys that were sent, whatever becomes of the array', async () => {
    const methods = ['hmget', 'hmdel', 'hmexist'] as const;
    for (const method of methods) {
      const keys = ['a', 'b'];
      const answer = new ScriptedClient(() => Promise.resolve(values(true, true)))[method](
        't',
        keys,
      );
      keys.length = 0;
      expect(await answer).toEqual([true, true]);
    }
  });
});

describe('arguments', () => {
  const bad = '\ud800';
  const fromJavaScript = (anything: unknown): never => anything as never;
  const beyond = 2n ** 63n;

  it.each<[string, Call]>([
    ['the table of hget', (kv) => kv.hget(bad, 'k')],
    ['the key of hget', (kv) => kv.hget('t', bad)],
    ['the table of hgetall', (kv) => kv.hgetall(bad)],
    ['the table of hmget', (kv) => kv.hmget(bad, ['k'])],
    ['a key of hmget', (kv) => kv.hmget('t', ['k', bad])],
    ['the table of hset', (kv) => kv.hset(bad, 'k', 'v')],
    ['the key of hset', (kv) => kv.hset('t', bad, 'v')],
    ['the value of hset', (kv) => kv.hset('t', 'k', beyond)],
    ['the text of hset', (kv) => kv.hset('t', 'k', bad)],
    ['the table of hmset', (kv) => kv.hmset(bad, [['k', 'v']])],
    [
      'a key of hmset',
      (kv) =>
        kv.hmset('t', [
          ['k', 'v'],
          [bad, 'v'],
        ]),
    ],
    [
      'a value of hmset',
      (kv) =>
        kv.hmset('t', [
          ['k', 'v'],
          ['k', beyond],
        ]),
    ],
    ['the table of hdel', (kv) => kv.hdel(bad, 'k')],
    ['the key of hdel', (kv) => kv.hdel('t', bad)],
    ['the table of hmdel', (kv) => kv.hmdel(bad, ['k'])],
    ['a key of hmdel', (kv) => kv.hmdel('t', ['k', bad])],
    ['the table of hexist', (kv) => kv.hexist(bad, 'k')],
    ['the key of hexist', (kv) => kv.hexist('t', bad)],
    ['the table of hmexist', (kv) => kv.hmexist(bad, ['k'])],
    ['a key of hmexist', (kv) => kv.hmexist('t', ['k', bad])],
    ['the table of hscan', async (kv) => kv.hscan(bad)],
    ['the prefix of hscan', async (kv) => kv.hscan('t', { prefix: bad })],
    ['a prefix for the options of hscan', async (kv) => kv.hscan('t', fromJavaScript('eu:'))],
    ['a time-out of hscan', async (kv) => kv.hscan('t', { timeoutMs: 0 })],
    ...[0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 32, fromJavaScript('1')].map(
      (pageSize): [string, Call] => [
        `the page size ${pageSize} of hscan`,
        async (kv) => kv.hscan('t', { pageSize }),
      ],
    ),
    [
      'a callback of hscan that is none',
      async (kv) => kv.hscan('t', fromJavaScript({ onTooLarge: 1 })),
    ],
    ['a key that is no text', (kv) => kv.hget('t', 1 as unknown as string)],
    ['a value of no type', (kv) => kv.hset('t', 'k', null as unknown as Value)],
    ['keys of hmget in a text', (kv) => kv.hmget('t', fromJavaScript('abc'))],
    ['keys of hmdel in a set', (kv) => kv.hmdel('t', fromJavaScript(new Set(['a'])))],
    ['no keys of hmexist', (kv) => kv.hmexist('t', fromJavaScript(undefined))],
    ['the topic of subscribe', (kv) => kv.subscribe(bad)],
    ['the pattern of subscribe', (kv) => kv.subscribe({ pattern: bad })],
    ['the empty pattern of subscribe', (kv) => kv.subscribe({ pattern: '' })],
    ['no topic of subscribe', (kv) => kv.subscribe(fromJavaScript(null))],
    [
      'a pattern of subscribe by another name',
      (kv) => kv.subscribe(fromJavaScript({ topic: 'a' })),
    ],
    [
      'more than a pattern of subscribe',
      (kv) => kv.subscribe(fromJavaScript({ pattern: 'a', topic: 'a' })),
    ],
    ['topics of subscribe in an array', (kv) => kv.subscribe(fromJavaScript(['a', 'b']))],
    ...[0, -1, 0.5, Number.NaN, 2 ** 32, fromJavaScript('1')].flatMap((n): [string, Call][] => [
      [`the ${n} messages of subscribe`, (kv) => kv.subscribe('t', { maxMessages: n })],
      [`the ${n} bytes of subscribe`, (kv) => kv.subscribe('t', { maxBytes: n })],
    ]),
    ...['block', 'toString', null].map((overflow): [string, Call] => [
      `the overflow ${overflow} of subscribe`,
      (kv) => kv.subscribe('t', fromJavaScript({ overflow })),
    ]),
    [
      'a callback of subscribe that is none',
      (kv) => kv.subscribe('t', fromJavaScript({ onGap: 1 })),
    ],
    ['a text for the snapshot of watch', (kv) => kv.watch('t', fromJavaScript({ snapshot: 'no' }))],
    [
      'a text for the retryReads of hget',
      (kv) => kv.hget('t', 'k', fromJavaScript({ retryReads: 'no' })),
    ],
    ['the topic of publish', (kv) => kv.publish(bad, 'v')],
    ['a value of publish', (kv) => kv.publish('t', ['v', beyond])],
    ['no value of publish', (kv) => kv.publish('t', fromJavaScript(undefined))],
    ['a value of publish that is not there', (kv) => kv.publish('t', new Array(1))],
    ['pairs in an object', (kv) => kv.hmset('t', fromJavaScript({ a: 1 }))],
    ['pairs in a text', (kv) => kv.hmset('t', fromJavaScript('ab'))],
    ['no pairs', (kv) => kv.hmset('t', fromJavaScript(undefined))],
    ['null for pairs', (kv) => kv.hmset('t', fromJavaScript(null))],
    ['a pair in a text', (kv) => kv.hmset('t', fromJavaScript(['ab']))],
    ['a pair in an object', (kv) => kv.hmset('t', fromJavaScript([{ key: 'a', value: 'b' }]))],
    ['a pair of one', (kv) => kv.hmset('t', fromJavaScript([['a']]))],
    ['a pair of three', (kv) => kv.hmset('t', fromJavaScript([['a', 'b', 'c']]))],
    ['a pair of nothing', (kv) => kv.hmset('t', fromJavaScript([null]))],
    ...CALLS.flatMap(([name, call]): [string, Call][] => [
      [`null for options of ${name}`, (kv) => call(kv, fromJavaScript(null))],
      [`a text for the signal of ${name}`, (kv) => call(kv, { signal: fromJavaScript('stop') })],
      [`null for the signal of ${name}`, (kv) => call(kv, { signal: fromJavaScript(null) })],
      [`a number for options of ${name}`, (kv) => call(kv, fromJavaScript(100))],
      [
        `a misspelt option of ${name}`,
        (kv) => call(kv, fromJavaScript({ timeoutMS: 1, prefx: 'eu:' })),
      ],
    ]),
    ['a prefix for hget', (kv) => kv.hget('t', 'k', fromJavaScript({ prefix: 'k' }))],
  ])('are checked before anything is sent: %s', async (_, call) => {
    const client = answering(values('v'));
    await expect(call(client)).rejects.toMatchObject({ name: 'KvError', code: 'INVALID_COMMAND' });
    expect(client.sent).toEqual([]);
  });

  it('that are lists may be empty', async () => {
    const client = answering(values());
    expect(await client.hmget('t', [])).toEqual([]);
    expect(await client.hmset('t', [])).toEqual([]);
    expect(await client.hmdel('t', [])).toEqual([]);
    expect(await client.hmexist('t', [])).toEqual([]);
  });
});

describe('a scan', () => {
  const page = (keys: string[], cursor?: Uint8Array): CommandResponse =>
    pageResponse(
      keys.map((key) => ({ key, value: valueToMessage(true) })),
      cursor,
    );
  const cursors = [Uint8Array.of(1), Uint8Array.of(2, 2), Uint8Array.of(3)] as const;

  /** Of four pages, the third of which is empty. */
  function paging(): ScriptedClient {
    const pages = [
      page(['a', 'b'], cursors[0]),
      page(['c'], cursors[1]),
      page([], cursors[2]),
      page(['d']),
    ];
    return new ScriptedClient(
      () => pages.shift() ?? errorResponse(new KvError('INTERNAL', 'none')),
    );
  }

  it('goes from page to page by their cursors, with the same table, prefix and size', async () => {
    const client = paging();
    const pairs = await collect(client.hscan('t', { prefix: 'p', pageSize: 2 }));
    expect(pairs.map(([key]) => key)).toEqual(['a', 'b', 'c', 'd']);
    expect(client.sent).toEqual(
      [new Uint8Array(0), ...cursors].map((cursor) =>
        commandRequest('hscan', { table: 't', cursor, limit: 2, prefix: 'p' }),
      ),
    );
  });

  it('asks for nothing before it is iterated over, and for a page when the one before is taken', async () => {
    const client = paging();
    const pairs = client.hscan('t')[Symbol.asyncIterator]();
    expect(client.sent.length).toBe(0);
    await pairs.next();
    await pairs.next();
    expect(client.sent.length).toBe(1);
    await pairs.next();
    expect(client.sent.length).toBe(2);
  });

  it('ends with a page whose cursor is empty, with which it would begin anew', async () => {
    const client = answering(page(['a'], new Uint8Array(0)));
    expect(await collect(client.hscan('t'))).toEqual([['a', true]]);
    expect(client.sent.length).toBe(1);
  });

  it('ends when it is left', async () => {
    const client = paging();
    for await (const _ of client.hscan('t')) break;
    expect(client.sent.length).toBe(1);
  });

  it('rejects with what a page fails with, after the pairs before it', async () => {
    const error = new KvError('INVALID_COMMAND', 'cursor');
    const pages = [page(['a'], cursors[0]), errorResponse(error)];
    const client = new ScriptedClient(() => pages.shift() ?? page([]));
    const seen: string[] = [];
    const scanning = (async () => {
      for await (const [key] of client.hscan('t')) seen.push(key);
    })();
    await expect(scanning).rejects.toThrow(error);
    expect(seen).toEqual(['a']);
    expect(client.sent.length).toBe(2);
  });

  describe('that comes to a pair that is too large to be answered', () => {
    const error = new KvError('TOO_LARGE', 'Too large to be answered: key: k');
    const refusal = (cursor: Uint8Array, keys: string[] = []): CommandResponse => ({
      ...page(keys, cursor),
      ...errorResponse(error),
      pairs: page(keys).pairs,
    });

    function scripted(...pages: CommandResponse[]): ScriptedClient {
      return new ScriptedClient(() => pages.shift() ?? page([]));
    }

    it('rejects with what names it', async () => {
      const client = scripted(refusal(cursors[0]), page(['a']));
      await expect(collect(client.hscan('t'))).rejects.toThrow(error);
      expect(client.sent.length).toBe(1);
    });

    it('tells who wants to know, and goes on behind it', async () => {
      const told: KvError[] = [];
      const client = scripted(
        page(['a'], cursors[0]),
        refusal(cursors[1], ['b']),
        page(['c'], cursors[2]),
        refusal(new Uint8Array(0)),
      );
      const pairs = await collect(client.hscan('t', { onTooLarge: (each) => told.push(each) }));
      expect(pairs.map(([key]) => key)).toEqual(['a', 'b', 'c']);
      expect(told).toEqual([error, error]);
      expect(client.sent.length).toBe(4);
    });

    it('ends with what that one throws', async () => {
      const client = scripted(refusal(cursors[0]));
      const thrown = new Error('Enough');
      const options = {
        onTooLarge: () => {
          throw thrown;
        },
      };
      await expect(collect(client.hscan('t', options))).rejects.toBe(thrown);
    });

    it('rejects with any other error, one of what is too large in the request, too', async () => {
      const client = scripted(errorResponse(error));
      const told: KvError[] = [];
      const options = { onTooLarge: (each: KvError) => told.push(each) };
      await expect(collect(client.hscan('t', options))).rejects.toThrow(error);
      expect(told).toEqual([]);
    });
  });

  it('hands on what is said of its calls to every page', async () => {
    const client = paging();
    const options = { timeoutMs: 5, pageSize: 1 };
    await collect(client.hscan('t', options));
    expect(client.options).toEqual(new Array(4).fill({ timeoutMs: 5 }));
  });

  it('begins anew when it is iterated over again, whatever has become of its options', async () => {
    const pages = [page(['a'], cursors[0]), page(['b']), page(['a'], cursors[0]), page(['b'])];
    const client = new ScriptedClient(() => pages.shift() ?? page([]));
    const options = { prefix: 'p', timeoutMs: 5 };
    const pairs = client.hscan('t', options);
    options.prefix = 'q';
    options.timeoutMs = 0;
    expect(await collect(pairs)).toEqual(await collect(pairs));
    expect(client.sent.slice(0, 2)).toEqual(client.sent.slice(2));
    expect(client.sent[0]?.requestData.value).toMatchObject({ prefix: 'p' });
    expect(client.options).toEqual(new Array(4).fill({ timeoutMs: 5 }));
  });
});

describe('a watch', () => {
  it('begins after the position that it was given, whatever becomes of that', async () => {
    const client = answering({ ...values(8n), position: { epoch: 3n, sequence: 4n } });
    const after = { epoch: 3, sequence: 2 };
    const watching = client.watch('t', { after });
    after.sequence = 3;
    const watch = await watching;
    after.sequence = 4;
    expect(watch.position).toEqual({ epoch: 3, sequence: 2 });
  });
});

describe('pairs', () => {
  it('may come from anything that can be iterated over', async () => {
    const client = answering(values(null));
    const pairs = (function* (): Generator<[string, Value]> {
      yield ['k', 'v'];
    })();
    expect(await client.hmset('t', pairs)).toEqual([null]);
  });

  it('and bytes in them are copied, so that it does not matter what becomes of them', () => {
    const client = new ScriptedClient(() => new Promise(() => {}));
    const bytes = Buffer.of(1);
    void client.hset('t', 'k', bytes);
    void client.hmset('t', [['k', bytes]]);
    bytes[0] = 2;
    const pair = { key: 'k', value: valueToMessage(Uint8Array.of(1)) };
    expect(client.sent).toStrictEqual([
      commandRequest('hset', { table: 't', pair }),
      commandRequest('hmset', { table: 't', pairs: [pair] }),
    ]);
  });
});

describe('the time allowed for a call', () => {
  it.each(CALLS)('must be one: %s', async (_, call) => {
    const client = answering(values());
    for (const timeoutMs of [0, -1, Number.NaN, Number.NEGATIVE_INFINITY, '5', null]) {
      const options = { timeoutMs } as CallOptions;
      await expect(call(client, options)).rejects.toMatchObject({
        code: 'INVALID_COMMAND',
        message: expect.stringContaining('timeoutMs must be a number greater than 0'),
      });
    }
    expect(client.sent).toEqual([]);
  });

  it.each([0.5, Number.POSITIVE_INFINITY, undefined])('may be %s', async (timeoutMs) => {
    expect(await answering(values('v')).hget('t', 'k', { timeoutMs })).toBe('v');
  });
});

describe('a client', () => {
  it('is closed at the end of its scope', async () => {
    const client = answering(values());
    await client[Symbol.asyncDispose]();
    expect(client.closed).toBe(1);
  });
});
