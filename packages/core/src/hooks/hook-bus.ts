import { type Awaitable, isPromise } from '@kv/protocol';
import { EventEmitter } from 'eventemitter3';
import type { HookEvents, HookName } from './hook-events.js';

type Listener<Name extends HookName> = EventEmitter.EventListener<HookEvents, Name>;

type HookContextOf<Name extends HookName> = Parameters<HookEvents[Name]>[0];

/** A listener as the bus runs it. */
interface Runner {
  /** One of the hook point in whose list it stands, which the compiler cannot follow. */
  readonly listener: (context: never) => unknown;
  readonly receiver: unknown;
  readonly once: boolean;
  /** Set when a `once` listener is called, for runs that began before it was removed. */
  spent: boolean;
}

/**
 * Where listeners are registered at the hook points. An emitter to its users. Requests do not pass
 * through `emit`, which neither waits for a listener nor lets one refuse, but through {@link run},
 * over lists that are rebuilt whenever a listener comes or goes.
 */
export class HookBus extends EventEmitter<HookEvents> {
  readonly #runners: Record<HookName, readonly Runner[]> = {
    requestReceived: [],
    requestExecuted: [],
    beforeResponseSend: [],
    afterResponseSend: [],
  };
  #idle = true;

  /** Whether nobody listens at all: requests then need no context. */
  get idle(): boolean {
    return this.#idle;
  }

  /** Whether anybody listens at `name`. */
  has(name: HookName): boolean {
    return this.#runners[name].length > 0;
  }

  /**
   * Calls the listeners of `name`, in the order of their registration, each when the one before is
   * done. Listeners that come or go meanwhile do not affect this run.
   *
   * @param stop asked after each listener; true ends the run.
   * @returns a promise only if a listener returned one.
   * @throws whatever a listener throws or rejects; the listeners after it are not called.
   */
  run<Name extends HookName, Context extends HookContextOf<Name>>(
    name: Name,
    context: Context,
    stop?: (context: Context) => boolean,
  ): Awaitable<void> {
    return this.#runFrom(0, this.#runners[name], name, context, stop);
  }

  #runFrom<Context>(
    first: number,
    runners: readonly Runner[],
    name: HookName,
    context: Context,
    stop: ((context: Context) => boolean) | undefined,
  ): Awaitable<void> {
    for (let i = first; i < runners.length; i++) {
      const running = this.#call(runners[i] as Runner, name, context);
      if (isPromise(running)) {
        return Promise.resolve(running).then(() => {
          if (!stop?.(context)) return this.#runFrom(i + 1, runners, name, context, stop);
        });
      }
      if (stop?.(context)) return;
    }
  }

  #call(runner: Runner, name: HookName, context: unknown): unknown {
    if (runner.once) {
      if (runner.spent) return;
      runner.spent = true;
      // Unless it is gone already: the same listener may have been registered anew since.
      if (this.#runners[name].includes(runner)) {
        this.removeListener(name, runner.listener as never, runner.receiver, true);
      }
    }
    // The compiler cannot see that the context is that of the listeners in this list.
    return runner.listener.call(runner.receiver, context as never);
  }

  override on<Name extends HookName>(
    name: Name,
    listener: Listener<Name>,
    receiver?: unknown,
  ): this {
    this.#check(name);
    super.on(name, listener, receiver);
    return this.#add(name, { listener, receiver: receiver || this, once: false, spent: false });
  }

  /** The same as {@link on}. */
  override addListener<Name extends HookName>(
    name: Name,
    listener: Listener<Name>,
    receiver?: unknown,
  ): this {
    return this.on(name, listener, receiver);
  }

  override once<Name extends HookName>(
    name: Name,
    listener: Listener<Name>,
    receiver?: unknown,
  ): this {
    this.#check(name);
    super.once(name, listener, receiver);
    return this.#add(name, { listener, receiver: receiver || this, once: true, spent: false });
  }

  override removeListener<Name extends HookName>(
    name: Name,
    listener?: Listener<Name>,
    receiver?: unknown,
    once?: boolean,
  ): this {
    this.#check(name);
    super.removeListener(name, listener, receiver, once);
    const stays = (runner: Runner): boolean =>
      listener !== undefined &&
      (runner.listener !== listener ||
        (once === true && !runner.once) ||
        (Boolean(receiver) && runner.receiver !== receiver));
    return this.#set(name, this.#runners[name].filter(stays));
  }

  /** The same as {@link removeListener}. */
  override off<Name extends HookName>(
    name: Name,
    listener?: Listener<Name>,
    receiver?: unknown,
    once?: boolean,
  ): this {
    return this.removeListener(name, listener, receiver, once);
  }

  override removeAllListeners(name?: HookName): this {
    if (name !== undefined) this.#check(name);
    super.removeAllListeners(name);
    const names = name === undefined ? (Object.keys(this.#runners) as HookName[]) : [name];
    for (const each of names) this.#set(each, []);
    return this;
  }

  /** A listener at a misspelt hook point would never be called, and nobody would know. */
  #check(name: string): void {
    if (Object.hasOwn(this.#runners, name)) return;
    const names = Object.keys(this.#runners).join(', ');
    throw new TypeError(`There is no hook point '${name}', only ${names}`);
  }

  #add(name: HookName, runner: Runner): this {
    return this.#set(name, [...this.#runners[name], runner]);
  }

  #set(name: HookName, runners: readonly Runner[]): this {
    this.#runners[name] = runners;
    this.#idle = Object.values(this.#runners).every((list) => list.length === 0);
    return this;
  }
}
