import { type CommandRequest, type CommandResponse, commandRequest, KvError } from '@kv/protocol';
import { describe, expect, it } from 'vitest';
import { Engine } from './engine.js';
import type { HookName } from './hooks/hook-events.js';
import type { LimitOptions } from './limits.js';
import type { Session } from './session.js';
import { RecordingSink } from './testing/recording-sink.js';
import { publishTo, subscribeTo, unsubscribeFrom } from './testing/topic-requests.js';

const PEER = { transport: 'test', address: 'here' };

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function watchOf(table: string): CommandRequest {
  const settings = { maxMessages: 0, maxBytes: 0, overflow: '' };
  return commandRequest('watch', { table, key: '', prefix: '', ...settings });
}

interface Setting {
  readonly engine: Engine;
  readonly session: Session;
  readonly sink: RecordingSink;
  /** What has left for the peer: statuses of answers, and what was pushed, in one order. */
  readonly log: unknown[];
  readonly send: (response: CommandResponse) => void;
}

function aSession(limits: LimitOptions = {}): Setting {
  const engine = new Engine({ limits });
  const session = engine.openSession(PEER);
  const log: unknown[] = [];
  const sink = new RecordingSink();
  const push = sink.push.bind(sink);
  sink.push = (message, id, missed) => {
    log.push(`push ${id}`);
    return push(message, id, missed);
  };
  session.pushTo(sink);
  return { engine, session, sink, log, send: ({ status }) => void log.push(status) };
}

describe('a session to whose peer nothing can be pushed', () => {
  it('refuses to subscribe, as it does for the engine itself', () => {
    const engine = new Engine();
    for (const each of [engine, engine.openSession(PEER)]) {
      expect(each.execute(subscribeTo('a'))).toMatchObject({ status: 501 });
      expect(each.execute(unsubscribeFrom('a', 1))).toMatchObject({ status: 501 });
      expect(each.execute(publishTo('a', 'v'))).toMatchObject({ status: 200, delivered: 0 });
    }
  });
});

describe('the answer to a subscription', () => {
  it('leaves before the first message', () => {
    const { session, log, send } = aSession();
    session.receive(subscribeTo('a'), (response) => {
      // Somebody publishes before it has left.
      session.execute(publishTo('a', '1'));
      send(response);
    });
    session.receive(publishTo('a', '2'), send);
    expect(log).toEqual([200, 'push 1', 'push 1', 200]);
  });

  it('does so behind listeners that take their time, and behind answers that do', async () => {
    for (const name of ['requestReceived', 'requestExecuted', 'beforeResponseSend'] as const) {
      const { engine, session, log, send } = aSession();
      let release = (): void => {};
      engine.hooks.once(name, () => new Promise<void>((resolve) => (release = resolve)));
      session.receive(publishTo('other', '0'), send);
      session.receive(subscribeTo('a'), send);
      await turn();
      void engine.execute(publishTo('a', '1'));
      await turn();
      expect(log).toEqual([]);
      release();
      await turn();
      void engine.execute(publishTo('a', '2'));
      const messages = name === 'requestReceived' ? ['push 1'] : ['push 1', 'push 1'];
      expect(log).toEqual([200, 200, ...messages]);
    }
  });

  it('is told to who executes, before a message comes', async () => {
    for (const listens of [false, true]) {
      const { engine, session, log } = aSession();
      if (listens) engine.hooks.on('afterResponseSend', () => turn());
      const answer = session.execute(subscribeTo('a'), ({ status }) => {
        void engine.execute(publishTo('a', '1'));
        log.push(status);
      });
      expect(await answer).toMatchObject({ status: 200 });
      expect(log).toEqual([200, 'push 1']);
    }
  });
});

describe('hooks', () => {
  it('see the three commands at all four points, and no pushed message', () => {
    const { engine, session, send } = aSession();
    const seen: string[] = [];
    const names: HookName[] = [
      'requestReceived',
      'requestExecuted',
      'beforeResponseSend',
      'afterResponseSend',
    ];
    for (const name of names) {
      engine.hooks.on(name, (context) => {
        const { request } = context as unknown as { request: { requestData: { case: string } } };
        seen.push(`${name} ${request.requestData.case}`);
      });
    }
    const sent = (response: CommandResponse, callback?: () => void): void => {
      send(response);
      callback?.();
    };
    session.receive(subscribeTo('a'), sent);
    session.receive(publishTo('a', 'v'), sent);
    session.receive(unsubscribeFrom('a', 1), sent);
    const commands = ['subscribe', 'publish', 'unsubscribe'];
    expect(seen).toEqual(commands.flatMap((command) => names.map((name) => `${name} ${command}`)));
  });

  it.each(['requestReceived', 'requestExecuted', 'beforeResponseSend'] as const)(
    'can refuse a subscription at %s: nobody is subscribed then',
    async (name) => {
      const { engine, session, log, send } = aSession();
      engine.hooks.once(name, async () => {
        throw new KvError('FORBIDDEN', 'not you');
      });
      session.receive(subscribeTo('a'), send);
      await turn();
      expect(await engine.execute(publishTo('a', 'v'))).toMatchObject({ delivered: 0 });
      engine.hooks.once(name, () => {
        throw new KvError('FORBIDDEN', 'not you');
      });
      expect(await session.execute(subscribeTo('a'))).toMatchObject({ status: 403 });
      expect(await engine.execute(publishTo('a', 'v'))).toMatchObject({ delivered: 0 });
      expect([log, session.subscriptions]).toEqual([[403], 0]);
    },
  );

  it('can refuse a message, which then goes to nobody', async () => {
    const { engine, session, sink } = aSession();
    session.execute(subscribeTo('a'));
    engine.hooks.once('requestReceived', () => {
      throw new KvError('FORBIDDEN', 'no shouting');
    });
    expect(await engine.execute(publishTo('a', 'V'))).toMatchObject({ status: 403 });
    expect(sink.pushes).toEqual([]);
  });

  it('cannot make a response that would pass for a pushed message', async () => {
    const reported: unknown[] = [];
    const engine = new Engine({ onError: (error) => void reported.push(error) });
    engine.hooks.on('beforeResponseSend', (context) => {
      context.response = { ...context.response, subscription: 1 };
    });
    expect(await engine.execute(publishTo('a', 'v'))).toMatchObject({ status: 500 });
    expect(reported).toMatchObject([{ code: 'INTERNAL', cause: { name: 'TypeError' } }]);
  });
});

describe('the subscriptions of a session', () => {
  it('are gone at once when it is closed', async () => {
    const { engine, session, sink } = aSession();
    session.execute(subscribeTo('a'));
    session.execute(subscribeTo('', { pattern: '*' }));
    expect(engine.stats().subscriptions).toBe(2);
    session.close();
    expect(await engine.execute(publishTo('a', 'v'))).toMatchObject({ delivered: 0 });
    expect([engine.stats().subscriptions, sink.pushes]).toEqual([0, []]);
  });

  it('are gone also if it is closed before the answer has left', async () => {
    const { engine, session, log, send } = aSession();
    let release = (): void => {};
    engine.hooks.once('requestExecuted', () => new Promise<void>((resolve) => (release = resolve)));
    session.receive(subscribeTo('a'), send);
    session.close();
    release();
    await turn();
    expect(log).toEqual([200]);
    expect(await engine.execute(publishTo('a', 'v'))).toMatchObject({ delivered: 0 });
  });

  it.each(['session', 'engine'])('are not opened once the %s is closed', async (which) => {
    const { engine, session, log, send } = aSession();
    const other = engine.openSession(PEER);
    let release = (): void => {};
    const decided = new Promise<void>((resolve) => (release = resolve));
    engine.hooks.on('requestReceived', () => decided);
    session.receive(subscribeTo('a'), send);
    session.receive(watchOf('t'), send);
    const end = which === 'engine' ? engine.close() : session.close();
    release();
    await end;
    await turn();
    engine.hooks.removeAllListeners();
    expect([log, session.subscriptions]).toEqual([[503, 503], 0]);
    if (which === 'engine') return;
    expect(await other.execute(publishTo('a', 'v'))).toMatchObject({ delivered: 0 });
  });

  it('are no other session’s, whose ids are the same', async () => {
    const { engine, session, sink } = aSession();
    const other = engine.openSession(PEER);
    other.pushTo(new RecordingSink());
    for (const each of [session, other]) {
      expect(await each.execute(subscribeTo('a'))).toMatchObject({
        values: [{ value: { value: 1n } }],
      });
    }
    session.execute(subscribeTo('a'));
    expect(await other.execute(unsubscribeFrom('a', 2))).toMatchObject({ status: 404 });
    other.execute(unsubscribeFrom('a', 1));
    expect(await engine.execute(publishTo('a', 'v'))).toMatchObject({ delivered: 2 });
    expect(sink.pushes).toHaveLength(2);
  });

  it('end with the engine, and the peer is told', async () => {
    const { engine, session, sink } = aSession();
    session.execute(subscribeTo('a'));
    await engine.close();
    expect(sink.pushes).toMatchObject([{ id: 1, status: 503 }]);
  });

  it('are no more than the limit, if a million are asked for, and disturb nobody', {
    timeout: 30_000,
  }, async () => {
    const { engine, session } = aSession({ maxSubscriptions: 1000 });
    const other = engine.openSession(PEER);
    other.pushTo(new RecordingSink());
    other.execute(subscribeTo('a'));
    const statuses = new Map<number, number>();
    for (let i = 0; i < 1_000_000; i++) {
      const { status } = session.execute(subscribeTo('a')) as CommandResponse;
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    expect([...statuses]).toEqual([
      [200, 1000],
      [429, 999_000],
    ]);
    expect(await engine.execute(publishTo('a', 'v'))).toMatchObject({ delivered: 1001 });
  });

  it('take the limits of the engine, however much a peer asks for', () => {
    const { engine, session, sink } = aSession({ maxWaitingMessages: 2 });
    session.execute(subscribeTo('a', { maxMessages: 2 ** 32 - 1 }));
    session.execute(subscribeTo('a', { maxMessages: 1 }));
    sink.room = 0;
    const counts = [1, 2, 3].map((value) => engine.execute(publishTo('a', BigInt(value))));
    expect(counts).toMatchObject([{ delivered: 2 }, { delivered: 1 }, { delivered: 0 }]);
  });
});
