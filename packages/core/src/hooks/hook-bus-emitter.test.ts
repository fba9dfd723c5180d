import { EventEmitter } from 'eventemitter3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Exchange } from '../exchange.js';
import { HookBus } from './hook-bus.js';
import type { HookEvents, HookName } from './hook-events.js';

const NAMES: HookName[] = ['requestReceived', 'afterResponseSend'];
const RECEIVERS = [undefined, null, { name: 'r1' }, { name: 'r2' }];

type Emitter = EventEmitter<HookEvents>;

interface Change {
  readonly method: 'on' | 'once' | 'addListener' | 'off' | 'removeListener' | 'removeAllListeners';
  readonly name: HookName;
  /** Which listener; to the methods that remove, none means all. */
  readonly listener: number | undefined;
  readonly receiver: (typeof RECEIVERS)[number];
  /** Whether to remove only listeners that are registered once. */
  readonly once: boolean | undefined;
  /** Whether `removeAllListeners` is for every hook point. */
  readonly everywhere: boolean;
}

const change: fc.Arbitrary<Change> = fc.record({
  method: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('on', 'once', 'addListener') },
    { weight: 3, arbitrary: fc.constantFrom('off', 'removeListener') },
    { weight: 1, arbitrary: fc.constant('removeAllListeners') },
  ),
  name: fc.constantFrom(...NAMES),
  listener: fc.option(fc.nat({ max: 1 }), { nil: undefined, freq: 9 }),
  receiver: fc.constantFrom(...RECEIVERS),
  once: fc.constantFrom(undefined, true, false),
  everywhere: fc.boolean(),
});

type Listener = (this: unknown) => void;

/** Listeners that log who they are, and as whose method they are called. */
function listenersTo(log: string[]): Listener[] {
  return ['a', 'b'].map(
    (name) =>
      function (this: unknown): void {
        const receiver = RECEIVERS.find((each) => each === this);
        log.push(`${name} of ${this instanceof EventEmitter ? 'the emitter' : receiver?.name}`);
      },
  );
}

function apply(emitter: Emitter, listeners: readonly Listener[], made: Change): void {
  const { method, name, receiver, once } = made;
  const listener = made.listener === undefined ? undefined : listeners[made.listener];
  switch (method) {
    case 'on':
    case 'once':
    case 'addListener':
      emitter[method](name, listener ?? (listeners[0] as Listener), receiver);
      return;
    case 'off':
    case 'removeListener':
      emitter[method](name, listener, receiver, once);
      return;
    case 'removeAllListeners':
      emitter.removeAllListeners(made.everywhere ? undefined : name);
  }
}

describe('the bus, as an emitter', () => {
  it('has the listeners that an EventEmitter would have, and runs those that it would call', () => {
    const context = new Exchange({ transport: 'test', address: 'here' }, new Map(), {
      requestData: { case: undefined },
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 15 }), (changes) => {
        const bus = new HookBus();
        const model: Emitter = new EventEmitter();
        const log: string[] = [];
        const listeners = listenersTo(log);
        const registered = (emitter: Emitter): unknown =>
          NAMES.map((name) => [emitter.listeners(name), emitter.listenerCount(name)]);

        for (const made of changes) {
          apply(bus, listeners, made);
          apply(model, listeners, made);
          expect(registered(bus)).toEqual(registered(model));
        }
        // Twice, for those that are registered once.
        for (const name of [...NAMES, ...NAMES]) {
          expect(bus.has(name)).toBe(model.listenerCount(name) > 0);
          bus.run(name, context);
          const ran = log.splice(0);
          model.emit(name, context);
          expect(ran).toEqual(log.splice(0));
        }
        expect(registered(bus)).toEqual(registered(model));
      }),
      { numRuns: 500 },
    );
  });

  it('gives itself back from every change, to be chained', () => {
    const bus = new HookBus();
    const listener = (): void => {};
    const [name] = NAMES as [HookName];
    expect([
      bus.on(name, listener),
      bus.once(name, listener),
      bus.addListener(name, listener),
      bus.off(name, listener),
      bus.removeListener(name, listener),
      bus.removeAllListeners(),
    ]).toEqual(Array(6).fill(bus));
  });
});
