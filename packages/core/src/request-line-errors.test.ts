import {
  type Awaitable,
  type CommandResponse,
  commandRequest,
  KvError,
  type KvErrorCode,
  okResponse,
  type Value,
  valueToMessage,
} from '@kv/protocol';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Engine } from './engine.js';
import type { HookName } from './hooks/hook-events.js';
import type { ErrorOrigin } from './request-line.js';
import { MemoryStorage } from './storage/memory-storage.js';
import type { Storage } from './storage/storage.js';

const GET = commandRequest('hget', { table: 't', key: 'k' });
const internalError: CommandResponse = {
  ...okResponse([]),
  status: 500,
  message: 'Internal error',
};

type Fail = (error: unknown) => Awaitable<never>;

const WAYS: [string, Fail][] = [
  [
    'thrown',
    (error) => {
      throw error;
    },
  ],
  ['rejected', (error) => Promise.reject(error)],
];

interface Line {
  readonly engine: Engine;
  readonly reports: [error: KvError, origin: ErrorOrigin][];
}

/** An engine whose storage answers reads so, and what is reported of it. */
function lineReading(get: () => Awaitable<Value>): Line {
  const storage: Storage = Object.assign(new MemoryStorage(), { get });
  const reports: Line['reports'] = [];
  const onError = (...report: Line['reports'][number]): void => void reports.push(report);
  return { engine: new Engine({ storage, onError }), reports };
}

/** An engine in which this is thrown, or rejected, at a hook point. */
function lineFailingAt(name: HookName, fail: Fail, error: unknown): Line {
  const line = lineReading(() => 'v');
  line.engine.hooks.on(name, () => fail(error));
  return line;
}

describe.each(WAYS)('an error that is %s', (_, fail) => {
  it.each<HookName>(['requestReceived', 'requestExecuted', 'beforeResponseSend'])(
    'by a listener at %s, and is no KvError, tells the caller nothing and is reported',
    async (name) => {
      const cause = new Error('secret');
      const { engine, reports } = lineFailingAt(name, fail, cause);
      expect(await engine.execute(GET)).toEqual(internalError);
      expect(reports).toEqual([[expect.any(KvError), name]]);
      expect(reports[0]?.[0]).toMatchObject({ code: 'INTERNAL', cause });
    },
  );

  it('at afterResponseSend, and is no KvError, changes nothing for the caller and is reported', async () => {
    const cause = new Error('secret');
    const { engine, reports } = lineFailingAt('afterResponseSend', fail, cause);
    expect(await engine.execute(GET)).toEqual(okResponse([valueToMessage('v')]));
    expect(reports).toMatchObject([[{ code: 'INTERNAL', cause }, 'afterResponseSend']]);
  });

  it('by the storage reaches the caller as a storage failure, and is reported with its cause', async () => {
    const failure = new KvError('STORAGE_FAILURE', 'The storage failed', {
      cause: new Error('disk'),
    });
    const { engine, reports } = lineReading(() => fail(failure));
    expect(await engine.execute(GET)).toMatchObject({ status: 507, message: 'The storage failed' });
    expect(reports).toEqual([[failure, 'command']]);
    expect(reports[0]?.[0]).toBe(failure);
  });

  it('by the storage, and is no KvError, tells the caller nothing and is reported', async () => {
    const cause = new Error('secret');
    const { engine, reports } = lineReading(() => fail(cause));
    expect(await engine.execute(GET)).toEqual(internalError);
    expect(reports).toMatchObject([[{ code: 'INTERNAL', cause }, 'command']]);
  });

  it('is an answer like any other to the hook points behind it', async () => {
    const { engine } = lineReading(() => fail(new Error('secret')));
    const seen: number[] = [];
    engine.hooks.on('requestExecuted', ({ response }) => void seen.push(response.status));
    engine.hooks.on('beforeResponseSend', ({ response }) => void seen.push(response.status));
    engine.hooks.on('afterResponseSend', ({ response }) => void seen.push(response.status));
    await engine.execute(GET);
    expect(seen).toEqual([500, 500, 500]);
  });

  it('and tells the caller all there is to tell is not reported', async () => {
    const { engine, reports } = lineReading(() => fail(new KvError('UNAVAILABLE', 'closed')));
    expect(await engine.execute(GET)).toMatchObject({ status: 503, message: 'closed' });
    expect(reports).toEqual([]);
  });

  it('as an INTERNAL KvError keeps its message, and is reported', async () => {
    const error = new KvError('INTERNAL', 'a quota went missing');
    const { engine, reports } = lineFailingAt('requestReceived', fail, error);
    expect(await engine.execute(GET)).toMatchObject({ status: 500, message: error.message });
    expect(reports).toEqual([[error, 'requestReceived']]);
  });
});

describe('what is reported', () => {
  it('goes to the console if nobody else is told', () => {
    const console_ = vi.spyOn(console, 'error').mockImplementation(() => {});
    onTestFinished(() => console_.mockRestore());
    const engine = new Engine();
    engine.hooks.on('requestReceived', () => {
      throw new Error('secret');
    });
    engine.execute(GET);
    expect(console_.mock.calls).toEqual([[expect.objectContaining({ code: 'INTERNAL' })]]);
  });

  const FAILING: [string, () => void | Promise<void>][] = WAYS.map(([way, fail]) => [
    way,
    () => fail(new Error('the log is full')),
  ]);

  it.each(FAILING)(
    'keeps no request from its answer if the reporter fails itself, whose error is %s',
    async (_, onError) => {
      const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
      onTestFinished(() => warn.mockRestore());
      const engine = new Engine({ onError });
      engine.hooks.once('requestReceived', () => Promise.reject(new Error('secret')));
      engine.hooks.once('requestExecuted', () => {
        throw new Error('secret');
      });
      const answers = [engine.execute(GET), engine.execute(GET)];
      expect(await Promise.all(answers)).toEqual([internalError, internalError]);
      expect(await engine.execute(GET)).toMatchObject({ status: 404 });
      expect(engine.stats().inFlight).toBe(0);
      const broken = [new Error('the log is full')];
      expect(warn.mock.calls).toEqual([broken, broken]);
    },
  );

  it('holds up nobody if the reporter takes its time', () => {
    const engine = new Engine({ onError: () => new Promise<void>(() => {}) });
    engine.hooks.once('requestReceived', () => {
      throw new Error('secret');
    });
    expect(engine.execute(GET)).toEqual(internalError);
  });

  it('is what a transport says that it cannot send, unless the caller is told all there is', () => {
    const { engine, reports } = lineReading(() => 'v');
    const session = engine.openSession({ transport: 'test', address: 'here' });
    const error = KvError.from(new Error('no varint'));
    session.unsendable(error);
    session.unsendable(new KvError('TOO_LARGE', 'The answer exceeds the limit'));
    expect(reports).toEqual([[error, 'send']]);
  });
});

describe('a storage', () => {
  it('may answer with whatever has a then, as await would take it', async () => {
    // All that `await` needs: a `then`, which returns nothing.
    const then = (resolve: (value: Value) => void): void => queueMicrotask(() => resolve('v'));
    const { engine } = lineReading(() => ({ then }) as Promise<Value>);
    expect(await engine.execute(GET)).toEqual(okResponse([valueToMessage('v')]));
  });
});

describe('what is no response, from a listener in JavaScript', () => {
  const NONE: [string, unknown][] = [
    ['null', null],
    ['no object', 'v'],
    ['without a status', { ...okResponse([]), status: undefined }],
    ['of status 0', { ...okResponse([]), status: 0 }],
    ['of status 99', { ...okResponse([]), status: 99 }],
    ['of status 600', { ...okResponse([]), status: 600 }],
    ['of status 200.5', { ...okResponse([]), status: 200.5 }],
    ['of a status in text', { ...okResponse([]), status: '200' }],
    ['without a message', { ...okResponse([]), message: undefined }],
    ['whose values are no array', { ...okResponse([]), values: 'v' }],
    ['without pairs', { ...okResponse([]), pairs: undefined }],
    ['whose cursor is no bytes', { ...okResponse([]), cursor: 'next' }],
  ];
  const cases = NONE.flatMap(([what, none]) =>
    (['requestReceived', 'beforeResponseSend'] as const).map((name) => ({
      what,
      none: none as CommandResponse,
      name,
    })),
  );

  it.each(cases)('is an error of the listener: $what at $name', async ({ none, name }) => {
    const { engine, reports } = lineReading(() => 'v');
    engine.hooks.on('requestReceived', (context) => {
      if (name === 'requestReceived') context.terminate(none);
    });
    engine.hooks.on('beforeResponseSend', (context) => {
      if (name === 'beforeResponseSend') context.response = none;
    });
    expect(engine.execute(GET)).toEqual(internalError);
    expect(reports.map(([error, origin]) => [error.cause, origin])).toEqual([
      [expect.any(TypeError), name],
    ]);
    expect(engine.stats().inFlight).toBe(0);
    await engine.close();
  });

  it.each([100, 599])('does not include one of status %i', (status) => {
    const { engine } = lineReading(() => 'v');
    const response = { ...okResponse([]), status };
    engine.hooks.on('requestReceived', (context) => context.terminate(response));
    expect(engine.execute(GET)).toBe(response);
  });

  it('cannot be made of an error of a code that there is not', () => {
    const { engine, reports } = lineReading(() => 'v');
    engine.hooks.on('requestReceived', () => {
      throw new KvError('TEAPOT' as KvErrorCode, 'no coffee');
    });
    expect(engine.execute(GET)).toEqual(internalError);
    expect(reports).toMatchObject([[{ cause: expect.any(TypeError) }, 'requestReceived']]);
  });

  it.each<[string, (response: CommandResponse) => void]>([
    ['status', (response) => void Object.assign(response, { status: 200 })],
    ['values', (response) => void response.values.push(valueToMessage('v'))],
    ['pairs', (response) => void response.pairs.push({ key: 'k' })],
  ])('cannot be spoilt for other requests: the %s before there is one', (_, spoil) => {
    const { engine, reports } = lineReading(() => 'v');
    engine.hooks.once('requestReceived', (context) =>
      spoil((context as unknown as { response: CommandResponse }).response),
    );
    expect(engine.execute(GET)).toEqual(internalError);
    expect(reports).toMatchObject([[{ cause: expect.any(TypeError) }, 'requestReceived']]);
  });
});

it('terminate works as well when a listener has taken it out of its context', () => {
  const { engine, reports } = lineReading(() => 'v');
  const mine = okResponse([valueToMessage('mine')]);
  engine.hooks.on('requestReceived', ({ terminate }) => terminate(mine));
  expect(engine.execute(GET)).toEqual(mine);
  expect(reports).toEqual([]);
});
