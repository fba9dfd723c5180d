import {
  type CommandRequest,
  type CommandResponse,
  commandRequest,
  errorResponse,
  KvError,
  okResponse,
  type Value,
  valueToMessage,
} from '@kv/protocol';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Engine } from './engine.js';
import type {
  AfterResponseSendContext,
  HookEvents,
  HookName,
  RequestReceivedContext,
} from './hooks/hook-events.js';
import type { ErrorOrigin } from './request-line.js';
import { MemoryStorage } from './storage/memory-storage.js';
import type { Storage } from './storage/storage.js';

const NAMES: HookName[] = [
  'requestReceived',
  'requestExecuted',
  'beforeResponseSend',
  'afterResponseSend',
];

const GET = commandRequest('hget', { table: 't', key: 'k' });
const forbidden = new KvError('FORBIDDEN', 'not you');

const set = (key: string, value: Value): CommandRequest =>
  commandRequest('hset', { table: 't', pair: { key, value: valueToMessage(value) } });
const values = (...all: (Value | null)[]): CommandResponse => okResponse(all.map(valueToMessage));

interface Line {
  readonly engine: Engine;
  readonly storage: MemoryStorage;
  /** What was reported. */
  readonly reports: { error: KvError; origin: ErrorOrigin }[];
  /** What has happened: hook points passed, and `get` for the storage. */
  readonly log: string[];
}

/** An engine whose storage has `v` under `k`, and listeners that log at all hook points. */
function aLine(): Line {
  const storage = new MemoryStorage();
  storage.set('t', 'k', 'v');
  const log: string[] = [];
  const get = storage.get.bind(storage);
  vi.spyOn(storage, 'get').mockImplementation((table, key) => {
    log.push('get');
    return get(table, key);
  });
  const reports: Line['reports'] = [];
  const onError = (error: KvError, origin: ErrorOrigin): void =>
    void reports.push({ error, origin });
  const engine = new Engine({ storage, onError });
  for (const name of NAMES) engine.hooks.on(name, () => void log.push(name));
  return { engine, storage, reports, log };
}

/** The same listener twice: one that does what it does at once, and one that needs a while. */
function atOnceAndLater<Context>(
  listener: (context: Context) => void,
): ['at once' | 'later', (context: Context) => void | Promise<void>][] {
  return [
    ['at once', listener],
    ['later', (context) => Promise.resolve().then(() => listener(context))],
  ];
}

describe('the way of a request', () => {
  it.each(atOnceAndLater(() => {}))(
    'passes all four hook points in order, with the command in the middle: listeners done %s',
    async (_, listener) => {
      const { engine, log } = aLine();
      for (const name of NAMES) engine.hooks.on(name, listener);
      expect(await engine.execute(GET)).toEqual(values('v'));
      expect(log).toEqual([
        'requestReceived',
        'get',
        'requestExecuted',
        'beforeResponseSend',
        'afterResponseSend',
      ]);
    },
  );

  it('needs no promise, with listeners or without, if nothing has to be waited for', () => {
    expect(aLine().engine.execute(GET)).toEqual(values('v'));
    expect(new Engine().execute(GET)).toMatchObject({ status: 404 });
  });

  it('shows every listener who asks, and the same request and response', () => {
    const { engine } = aLine();
    const peer = { transport: 'test', address: 'here' };
    const session = engine.openSession(peer);
    const seen: unknown[] = [];
    engine.hooks.on('requestReceived', (c) => void seen.push([c.peer, c.state, c.request]));
    for (const name of ['requestExecuted', 'beforeResponseSend', 'afterResponseSend'] as const) {
      engine.hooks.on(name, (c) => void seen.push([c.peer, c.state, c.request, c.response]));
    }
    const response = session.execute(GET);
    const after = [peer, session.state, GET, response];
    expect(seen).toEqual([[peer, session.state, GET], after, after, after]);
  });
});

describe('a listener at requestReceived', () => {
  it.each(
    atOnceAndLater<RequestReceivedContext>(({ request: { requestData } }) => {
      if (requestData.case === 'hget') requestData.value.key = 'other';
    }),
  )('may change the request, %s', async (_, listener) => {
    const { engine, storage } = aLine();
    storage.set('t', 'other', 1n);
    engine.hooks.on('requestReceived', listener);
    const request = commandRequest('hget', { table: 't', key: 'k' });
    expect(await engine.execute(request)).toEqual(values(1n));
  });

  it('may put another request in its place, which later listeners see', () => {
    const { engine } = aLine();
    const seen: unknown[] = [];
    engine.hooks.on('requestReceived', (context) => {
      context.request = commandRequest('hexist', { table: 't', key: 'k' });
    });
    engine.hooks.on('requestReceived', ({ request }) => void seen.push(request.requestData.case));
    engine.hooks.on('afterResponseSend', ({ request }) => void seen.push(request.requestData.case));
    expect(engine.execute(GET)).toEqual(values(true));
    expect(seen).toEqual(['hexist', 'hexist']);
  });

  const refusing = atOnceAndLater<RequestReceivedContext>(() => {
    throw forbidden;
  });
  const terminating = atOnceAndLater<RequestReceivedContext>((context) => {
    context.terminate(values('cached'));
  });

  it.each([
    ...refusing.map(([when, end]) => ({
      how: `a KvError ${when}`,
      end,
      answer: errorResponse(forbidden),
    })),
    ...terminating.map(([when, end]) => ({
      how: `terminate ${when}`,
      end,
      answer: values('cached'),
    })),
  ])(
    'may end the request by $how: only the last two hook points follow',
    async ({ end, answer }) => {
      const { engine, log, reports } = aLine();
      engine.hooks.on('requestReceived', end);
      engine.hooks.on('requestReceived', () => void log.push('behind'));
      expect(await engine.execute(GET)).toEqual(answer);
      expect(log).toEqual(['requestReceived', 'beforeResponseSend', 'afterResponseSend']);
      expect(reports).toEqual([]);
    },
  );

  it('may not end the request twice', () => {
    const { engine, reports } = aLine();
    engine.hooks.on('requestReceived', (context) => {
      context.terminate(values(1n));
      context.terminate(values(2n));
    });
    expect(engine.execute(GET)).toMatchObject({ status: 500, values: [] });
    expect(reports).toMatchObject([{ error: { code: 'INTERNAL' }, origin: 'requestReceived' }]);
  });
});

describe('a request', () => {
  const tooLate = expect.objectContaining({ code: 'INTERNAL' });

  it.each(['requestExecuted', 'beforeResponseSend', 'afterResponseSend'] as const)(
    'can no longer be ended at %s',
    (name) => {
      const { engine } = aLine();
      const contexts: RequestReceivedContext[] = [];
      engine.hooks.on('requestReceived', (context) => void contexts.push(context));
      let late = 0;
      engine.hooks.on(name, () => {
        late++;
        expect(() => contexts[0]?.terminate(values('late'))).toThrow(tooLate);
      });
      expect(engine.execute(GET)).toEqual(values('v'));
      expect(late).toBe(1);
    },
  );

  it('can no longer be ended while its command is under way', async () => {
    let answer = (_: Value): void => {};
    const read = new Promise<Value>((resolve) => {
      answer = resolve;
    });
    const storage: Storage = Object.assign(new MemoryStorage(), { get: () => read });
    const engine = new Engine({ storage });
    const contexts: RequestReceivedContext[] = [];
    engine.hooks.on('requestReceived', (context) => void contexts.push(context));
    const answered = engine.execute(GET);
    expect(() => contexts[0]?.terminate(values('late'))).toThrow(tooLate);
    answer('v');
    expect(await answered).toEqual(values('v'));
  });
});

describe('a listener at requestExecuted', () => {
  it.each(
    atOnceAndLater(() => {
      throw forbidden;
    }),
  )('may turn the response into an error, %s, though the command has run', async (_, listener) => {
    const { engine, storage, log } = aLine();
    engine.hooks.on('requestExecuted', listener);
    engine.hooks.on('requestExecuted', () => void log.push('behind'));
    expect(await engine.execute(set('k', 'new'))).toEqual(errorResponse(forbidden));
    expect(log).toEqual(NAMES);
    expect(storage.getAll('t')).toEqual([['k', 'new']]);
  });

  it('sees what the command answered, an error too', () => {
    const { engine } = aLine();
    const seen: number[] = [];
    engine.hooks.on('requestExecuted', ({ response }) => void seen.push(response.status));
    engine.execute(GET);
    engine.execute(commandRequest('hget', { table: 't', key: 'none' }));
    engine.execute(commandRequest('hget', { table: '', key: 'k' }));
    expect(seen).toEqual([200, 404, 400]);
  });
});

describe('a listener at beforeResponseSend', () => {
  it.each(
    atOnceAndLater<Parameters<HookEvents['beforeResponseSend']>[0]>(({ response }) => {
      response.message = 'changed';
    }),
  )('may change the response, %s', async (_, listener) => {
    const { engine } = aLine();
    engine.hooks.on('beforeResponseSend', listener);
    expect(await engine.execute(GET)).toEqual({ ...values('v'), message: 'changed' });
  });

  it('may put another response in its place, which later listeners see', () => {
    const { engine } = aLine();
    const seen: unknown[] = [];
    engine.hooks.on('beforeResponseSend', (context) => {
      context.response = values('another');
    });
    engine.hooks.on('beforeResponseSend', ({ response }) => void seen.push(response));
    engine.hooks.on('afterResponseSend', ({ response }) => void seen.push(response));
    expect(engine.execute(GET)).toEqual(values('another'));
    expect(seen).toEqual([values('another'), values('another')]);
  });

  it('may make an error of the response', () => {
    const { engine } = aLine();
    engine.hooks.on('beforeResponseSend', () => {
      throw forbidden;
    });
    expect(engine.execute(GET)).toEqual(errorResponse(forbidden));
  });

  it('sees refusals, and may change them', () => {
    const { engine } = aLine();
    engine.hooks.on('requestReceived', () => {
      throw forbidden;
    });
    engine.hooks.on('beforeResponseSend', ({ response }) => {
      response.message += ' again';
    });
    expect(engine.execute(GET)).toMatchObject({ status: 403, message: 'not you again' });
  });
});

describe('a listener at afterResponseSend', () => {
  it('hears how long the request took, in milliseconds, and that no error came up', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const { engine } = aLine();
    engine.hooks.on('requestReceived', () => {
      vi.advanceTimersByTime(7);
      return Promise.resolve();
    });
    const heard: unknown[] = [];
    engine.hooks.on('afterResponseSend', (context) => {
      vi.advanceTimersByTime(100);
      heard.push(context.durationMs, context.error);
    });
    await engine.execute(GET);
    expect(heard).toEqual([7, undefined]);
  });

  it.each(
    atOnceAndLater(() => {
      throw forbidden;
    }),
  )('comes too late to refuse, %s', async (_, listener) => {
    const { engine, reports } = aLine();
    const contexts: AfterResponseSendContext[] = [];
    engine.hooks.on('afterResponseSend', (context) => void contexts.push(context));
    engine.hooks.on('afterResponseSend', listener);
    expect(await engine.execute(GET)).toEqual(values('v'));
    expect(contexts[0]?.response).toEqual(values('v'));
    expect(reports).toEqual([]);
  });
});
