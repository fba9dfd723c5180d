import {
  type Awaitable,
  type CommandResponse,
  commandRequest,
  KvError,
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

  it.each(WAYS)(
    'may make the reporter throw, which keeps no request from its answer: %s',
    async (_, fail) => {
      const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
      onTestFinished(() => warn.mockRestore());
      const broken = new Error('the log is full');
      const engine = new Engine({
        onError: () => {
          throw broken;
        },
      });
      engine.hooks.once('requestReceived', () => fail(new Error('secret')));
      expect(await engine.execute(GET)).toEqual(internalError);
      expect(await engine.execute(GET)).toMatchObject({ status: 404 });
      expect(engine.stats().inFlight).toBe(0);
      expect(warn.mock.calls).toEqual([[broken]]);
    },
  );
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
  it.each<HookName>(['requestReceived', 'beforeResponseSend'])(
    'at %s is an error of its own',
    async (name) => {
      const { engine, reports } = lineReading(() => 'v');
      const none: CommandResponse = JSON.parse('null');
      engine.hooks.on('requestReceived', (context) => {
        if (name === 'requestReceived') context.terminate(none);
      });
      engine.hooks.on('beforeResponseSend', (context) => {
        if (name === 'beforeResponseSend') context.response = none;
      });
      expect(engine.execute(GET)).toEqual(internalError);
      expect(reports.map(([error, origin]) => [error.cause, origin])).toEqual([
        [new TypeError('This is no response'), name],
      ]);
      expect(engine.stats().inFlight).toBe(0);
      await engine.close();
    },
  );
});
