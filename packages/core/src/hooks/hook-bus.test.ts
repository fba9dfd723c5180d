import { commandRequest } from '@kv/protocol';
import { describe, expect, it } from 'vitest';
import { Exchange } from '../exchange.js';
import { HookBus } from './hook-bus.js';
import type { HookName } from './hook-events.js';

const NAMES: HookName[] = [
  'requestReceived',
  'requestExecuted',
  'beforeResponseSend',
  'afterResponseSend',
];
const AT = 'requestReceived';

interface Deferred {
  readonly promise: Promise<void>;
  resolve(): void;
}

function deferred(): Deferred {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

const aContext = (): Exchange => {
  const request = commandRequest('hget', { table: 't', key: 'k' });
  return new Exchange({ transport: 'test', address: 'here' }, new Map(), request);
};

/** A bus whose listeners at one hook point log their names, in the order of their registration. */
function busOf(
  log: string[],
  ...listeners: [name: string, wait?: Promise<void> | undefined][]
): HookBus {
  const bus = new HookBus();
  for (const [name, wait] of listeners) {
    bus.on(AT, () => {
      log.push(name);
      return wait;
    });
  }
  return bus;
}

describe('running the listeners of a hook point', () => {
  it('calls each with the context, in the order of their registration', () => {
    const bus = new HookBus();
    const calls: unknown[] = [];
    const context = aContext();
    bus.once(AT, (given) => void calls.push('first', given));
    bus.on(AT, (given) => void calls.push('second', given));
    bus.addListener(AT, (given) => void calls.push('third', given));
    bus.run(AT, context);
    expect(calls).toEqual(['first', context, 'second', context, 'third', context]);
  });

  it('calls none of another hook point', () => {
    const log: string[] = [];
    busOf(log, ['a']).run('requestExecuted', aContext());
    expect(log).toEqual([]);
  });

  it('needs no promise if no listener returns one', () => {
    expect(busOf([], ['a'], ['b']).run(AT, aContext())).toBeUndefined();
    expect(new HookBus().run(AT, aContext())).toBeUndefined();
  });

  it('waits for each listener that returns a promise before it calls the next', async () => {
    const log: string[] = [];
    const [first, third] = [deferred(), deferred()];
    const bus = busOf(
      log,
      ['first', first.promise],
      ['second'],
      ['third', third.promise],
      ['fourth'],
    );
    const running = bus.run(AT, aContext());
    expect(log).toEqual(['first']);
    first.resolve();
    await first.promise;
    expect(log).toEqual(['first', 'second', 'third']);
    third.resolve();
    await running;
    expect(log).toEqual(['first', 'second', 'third', 'fourth']);
  });

  it('waits for whatever has a then, as await does', async () => {
    const log: string[] = [];
    const { promise, resolve } = deferred();
    // All that `await` needs: a `then`, which returns nothing.
    const then = (done: () => void): void => void promise.then(done);
    const bus = busOf(log, ['first', { then } as Promise<void>], ['second', Promise.resolve()]);
    const running = bus.run(AT, aContext(), () => {
      log.push('done');
      return false;
    });
    expect(running).toBeInstanceOf(Promise);
    expect(log).toEqual(['first']);
    resolve();
    await running;
    expect(log).toEqual(['first', 'done', 'second', 'done']);
  });

  it.each<[string, () => Promise<void>]>([
    [
      'throws',
      () => {
        throw new Error('no');
      },
    ],
    ['rejects', () => Promise.reject(new Error('no'))],
  ])('fails with what a listener %s, and calls none after it', async (_, fail) => {
    const log: string[] = [];
    const bus = busOf(log, ['first']);
    bus.on(AT, fail);
    bus.on(AT, () => void log.push('third'));
    const run = async (): Promise<void> => bus.run(AT, aContext());
    await expect(run()).rejects.toThrow('no');
    expect(log).toEqual(['first']);
  });

  it.each<[string, Promise<void> | undefined]>([
    ['at once', undefined],
    ['later', Promise.resolve()],
  ])('ends when it is told to stop, after a listener that is done %s', async (_, wait) => {
    const log: string[] = [];
    const bus = busOf(log, ['a', wait], ['b', wait], ['c', wait]);
    const asked: string[][] = [];
    await bus.run(AT, aContext(), () => {
      asked.push([...log]);
      return log.includes('b');
    });
    expect(log).toEqual(['a', 'b']);
    expect(asked).toEqual([['a'], ['a', 'b']]);
  });

  it.each<[string, Promise<void> | undefined]>([
    ['at once', undefined],
    ['later', Promise.resolve()],
  ])('is not affected by listeners that come or go in it: done %s', async (_, wait) => {
    const log: string[] = [];
    const bus = new HookBus();
    const leaving = (): void => void log.push('leaving');
    const coming = (): void => void log.push('coming');
    bus.once(AT, () => {
      bus.off(AT, leaving).on(AT, coming);
      return wait;
    });
    bus.on(AT, leaving);
    await bus.run(AT, aContext());
    expect(log).toEqual(['leaving']);
    await bus.run(AT, aContext());
    expect(log).toEqual(['leaving', 'coming']);
  });

  it('goes through emit too, for those who neither wait nor refuse', () => {
    const log: string[] = [];
    const bus = busOf(log, ['every time']);
    bus.once(AT, () => void log.push('once'));
    bus.emit(AT, aContext());
    bus.run(AT, aContext());
    expect(log).toEqual(['every time', 'once', 'every time']);
  });
});

describe('a listener that is registered once', () => {
  it('is removed before it is called', () => {
    const bus = new HookBus();
    let calls = 0;
    bus.once(AT, (context) => {
      calls++;
      expect([bus.listenerCount(AT), bus.has(AT), bus.idle]).toEqual([0, false, true]);
      return bus.run(AT, context) as undefined;
    });
    bus.run(AT, aContext());
    bus.run(AT, aContext());
    expect(calls).toBe(1);
  });

  it('is called once even by runs that overlap', async () => {
    const log: string[] = [];
    const { promise, resolve } = deferred();
    const bus = busOf(log, ['every time', promise]);
    bus.once(AT, () => void log.push('once'));
    const runs = [bus.run(AT, aContext()), bus.run(AT, aContext())];
    resolve();
    await Promise.all(runs);
    expect(log).toEqual(['every time', 'every time', 'once']);
  });

  it('is called for each of its registrations', () => {
    const log: string[] = [];
    const bus = new HookBus();
    const listener = (): void => void log.push('called');
    bus.once(AT, listener).once(AT, listener);
    bus.run(AT, aContext());
    bus.run(AT, aContext());
    expect(log).toEqual(['called', 'called']);
  });

  it('stays registered when a run calls an earlier registration of it that is gone', async () => {
    const log: string[] = [];
    const { promise, resolve } = deferred();
    const bus = busOf(log, ['first', promise]);
    const listener = (): void => void log.push('once');
    bus.once(AT, listener);
    const running = bus.run(AT, aContext());
    bus.off(AT, listener).once(AT, listener);
    resolve();
    await running;
    expect(bus.listenerCount(AT)).toBe(2);
    await bus.run(AT, aContext());
    expect(log).toEqual(['first', 'once', 'first', 'once']);
  });
});

describe('the bus', () => {
  it.each(NAMES)('knows whether anybody listens, at %s', (name) => {
    const bus = new HookBus();
    const states = (): unknown[] => [bus.idle, ...NAMES.map((each) => bus.has(each))];
    const none = states();
    const listener = (): void => {};
    bus.on(name, listener);
    expect(states()).toEqual([false, ...NAMES.map((each) => each === name)]);
    bus.off(name, listener);
    expect(states()).toEqual(none);
    expect(none).toEqual([true, false, false, false, false]);
  });

  it('is not idle while anybody is left', () => {
    const bus = new HookBus();
    const listener = (): void => {};
    bus.on('requestReceived', listener).on('afterResponseSend', listener);
    bus.removeAllListeners('requestReceived');
    expect(bus.idle).toBe(false);
    bus.removeAllListeners();
    expect(bus.idle).toBe(true);
  });

  it('takes no listener that is no function', () => {
    const bus = new HookBus();
    expect(() => bus.on(AT, 'listener' as never)).toThrow(TypeError);
    expect([bus.idle, bus.listenerCount(AT)]).toEqual([true, 0]);
  });
});
