import { once } from 'node:events';
import {
  type CommandRequest,
  type CommandResponse,
  Engine,
  type Entry,
  MemoryStorage,
  SlabStorage,
  type Storage,
} from '@kv/core';
import {
  commandRequest,
  FrameReader,
  frameFormat,
  straightLineCodec,
  valueToMessage,
} from '@kv/protocol';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { TcpTransportOptions } from './options.js';
import { TcpTransport } from './tcp-transport.js';
import { ScriptedStream } from './testing/scripted-stream.js';
import { TestPeer } from './testing/test-peer.js';

const get = (key: string): CommandRequest => commandRequest('hget', { table: 't', key });

/** Lets all that has been scheduled happen: what is read in one turn of the event loop is written in the next. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function serve(engine: Engine, options?: TcpTransportOptions): ScriptedStream {
  const stream = new ScriptedStream();
  new TcpTransport(engine, options).handle(stream);
  return stream;
}

/** Frames as a peer would send them. */
const frames = (...requests: CommandRequest[]): Uint8Array =>
  new TestPeer(new ScriptedStream(), frameFormat()).frames(...requests);

/** What has been written. */
function answers({ writes }: ScriptedStream): CommandResponse[] {
  const reader = new FrameReader(frameFormat());
  const found: CommandResponse[] = [];
  for (const write of writes) {
    reader.push(write);
    while (reader.next()) {
      found.push(straightLineCodec.decodeResponse(reader.bytes, reader.start, reader.end));
    }
  }
  return found;
}

describe('reading', () => {
  it('finds two frames wherever they are cut', async () => {
    const both = frames(
      commandRequest('hset', { table: 't', pair: { key: 'k', value: valueToMessage('v') } }),
      get('k'),
    );
    for (let at = 0; at <= both.length; at++) {
      const engine = new Engine();
      const stream = serve(engine);
      stream.push(both.slice(0, at));
      await settled();
      stream.push(both.slice(at));
      await settled();
      expect([at, engine.stats().statuses]).toEqual([at, { 200: 2 }]);
    }
  });

  it('finds a frame that comes byte by byte', async () => {
    const engine = new Engine();
    const stream = serve(engine);
    for (const byte of frames(get('k'))) stream.push(Uint8Array.of(byte));
    await settled();
    expect(engine.stats().statuses).toEqual({ 404: 1 });
  });
});

it('a request is answered though a listener closes the transport on its way', async () => {
  const engine = new Engine();
  const stream = new ScriptedStream();
  const transport = new TcpTransport(engine, { drainMs: 1000 });
  transport.handle(stream);
  engine.hooks.on('requestReceived', () => void transport.close());
  stream.push(frames(get('k'), get('k')));
  await settled();
  expect(engine.stats().statuses).toEqual({ 404: 1 });
  expect(stream.writes).toHaveLength(1);
  stream.destroy();
});

describe('a peer that takes its answers as fast as they come', () => {
  it('lets others have their turn between one lot of answers and the next', async () => {
    const engine = new Engine();
    const stream = serve(engine, { maxUnsentBytes: 500 });
    stream._write = (_chunk, _encoding, done): void => done();
    stream.push(frames(...Array.from({ length: 1000 }, () => get('k'))));
    let turns = 0;
    for (; engine.stats().requests < 1000; turns++) await settled();
    // An answer has more than 30 bytes.
    expect(turns).toBeGreaterThan(1000 / (500 / 30));
  });
});

describe('writing', () => {
  it('answers all requests of one read in one write', async () => {
    const stream = serve(new Engine());
    stream.push(frames(...Array.from({ length: 100 }, (_, i) => get(`k${i}`))));
    await settled();
    expect(stream.writes).toHaveLength(1);
  });

  it('puts answers that come later in the same tick into one write as well', async () => {
    const release: (() => void)[] = [];
    const storage = new MemoryStorage();
    const found = storage.get.bind(storage);
    Object.assign(storage, {
      get: (table: string, key: string) =>
        new Promise((resolve) => release.push(() => resolve(found(table, key)))),
    });
    const stream = serve(new Engine({ storage }));
    stream.push(frames(...['a', 'b', 'c'].map(get)));
    await settled();
    expect(stream.writes).toHaveLength(0);
    for (const each of release) each();
    await settled();
    expect(stream.writes).toHaveLength(1);
  });
});

describe('a peer that does not take its answers', () => {
  /** An engine with one table of one value, of `bytes` bytes, in it. */
  function engineWith(bytes: number): Engine {
    const storage = new MemoryStorage();
    const [key, value]: Entry = ['k', new Uint8Array(bytes)];
    storage.set('t', key, value);
    return new Engine({ storage });
  }

  it('has no more requests read than its unsent bytes allow', async () => {
    const engine = engineWith(1000);
    const stream = serve(engine, { maxUnsentBytes: 10_000 });
    stream.push(frames(...Array.from({ length: 50 }, () => get('k'))));
    await settled();
    expect(engine.stats().requests).toBe(10);
    for (const expected of [20, 30, 40, 50]) {
      stream.taken();
      await settled();
      expect(engine.stats().requests).toBe(expected);
    }
  });

  it('has its input left unread meanwhile, and read on afterwards', async () => {
    const engine = engineWith(1000);
    const stream = serve(engine, { maxUnsentBytes: 10_000 });
    stream.push(frames(...Array.from({ length: 10 }, () => get('k'))));
    stream.push(frames(get('k')));
    await settled();
    stream.push(frames(get('k')));
    await settled();
    expect(engine.stats().requests).toBeLessThan(12);
    expect(stream.isPaused()).toBe(true);
    stream.taken();
    await settled();
    expect(engine.stats().requests).toBe(12);
    expect(stream.isPaused()).toBe(false);
  });

  it('has nothing more carried out for it once it is gone', async () => {
    const engine = engineWith(1000);
    const stream = serve(engine, { maxUnsentBytes: 10_000 });
    stream.push(frames(...Array.from({ length: 50 }, () => get('k'))));
    await settled();
    stream.destroy();
    stream.taken();
    await settled();
    expect(engine.stats().requests).toBe(10);
  });

  it('does not keep a transport from closing', async () => {
    const engine = engineWith(1000);
    const stream = new ScriptedStream();
    const transport = new TcpTransport(engine, { maxUnsentBytes: 1, drainMs: 1 });
    transport.handle(stream);
    stream.push(frames(get('k'), get('k'), get('k')));
    await settled();
    await transport.close();
    expect(stream.destroyed).toBe(true);
    expect(engine.stats().sessions).toEqual({});
  });
});

describe('a peer with many requests under way', () => {
  it('has no more of them started than the limit, and the rest as answers come', async () => {
    const release: (() => void)[] = [];
    const engine = new Engine();
    engine.hooks.on('requestExecuted', () => new Promise<void>((resolve) => release.push(resolve)));
    const stream = serve(engine, { maxInFlight: 3 });
    stream.push(frames(...Array.from({ length: 5 }, () => get('k'))));
    await settled();
    expect(engine.stats().requests).toBe(3);
    release.shift()?.();
    await settled();
    expect(engine.stats().requests).toBe(4);
    for (let each = release.shift(); each !== undefined; each = release.shift()) {
      each();
      await settled();
    }
    expect(engine.stats().requests).toBe(5);
    expect(engine.stats().inFlight).toBe(0);
  });
});

describe('a hook that makes the response something that cannot be sent', () => {
  it('gets the peer a 500, and is heard of', async () => {
    const reported: unknown[] = [];
    const engine = new Engine({
      onError: (error, origin) => void reported.push([error.code, origin]),
    });
    const heard: unknown[] = [];
    engine.hooks.on('beforeResponseSend', (context) => {
      // From JavaScript, a number may be where a bigint must be.
      const values = JSON.parse('[{ "value": { "case": "integer", "value": 1 } }]');
      context.response = { status: 200, message: '', values, pairs: [] };
    });
    engine.hooks.on('afterResponseSend', ({ error }) => void heard.push(error));
    const stream = serve(engine);
    stream.push(frames(get('k')));
    await settled();
    stream.taken();
    await settled();
    expect(heard).toMatchObject([{ code: 'INTERNAL' }]);
    expect(reported).toEqual([['INTERNAL', 'send']]);
    expect(
      Buffer.from(stream.writes[0] ?? [])
        .subarray(4, 7)
        .toString('hex'),
    ).toBe('08f403');
  });
});

describe('an answer of more pairs than fit a frame', () => {
  it('becomes a 413 that names HSCAN, if that could read them', async () => {
    const [one, two] = ['one', 'two'].map((key) => ({
      key,
      value: valueToMessage('x'.repeat(999)),
    }));
    for (const [pairs, hint] of [
      [[one], ''],
      [[one, two], ': HSCAN reads a table page by page'],
    ] as const) {
      const engine = new Engine();
      engine.hooks.on('beforeResponseSend', (context) => {
        context.response = {
          ...context.response,
          pairs: pairs.filter((pair) => pair !== undefined),
        };
      });
      const stream = serve(engine, { maxFrameBytes: 512 });
      stream.push(frames(get('k')));
      await settled();
      const said = Buffer.from(stream.writes[0] ?? []).toString();
      expect(said).toMatch(new RegExp(`exceeds the limit of 512 bytes \\(.*\\)${hint}$`));
    }
  });
});

describe('a table about as large as a frame', () => {
  it('is answered or refused in the same bytes, whether anybody listens or not', async () => {
    const engine = new Engine();
    const value = valueToMessage('x'.repeat(300));
    const pairs = ['one', 'two'].map((key) => ({ key, value }));
    void engine.execute(commandRequest('hmset', { table: 't', pairs }));
    const said = async (maxFrameBytes: number): Promise<string> => {
      const stream = serve(engine, { maxFrameBytes });
      stream.push(frames(commandRequest('hgetall', { table: 't' })));
      await settled();
      return Buffer.concat(stream.writes).toString('latin1');
    };
    const answers: string[] = [];
    for (let maxFrameBytes = 600; maxFrameBytes < 660; maxFrameBytes++) {
      const answer = await said(maxFrameBytes);
      const listener = (): void => {};
      engine.hooks.on('afterResponseSend', listener);
      expect(await said(maxFrameBytes)).toBe(answer);
      engine.hooks.off('afterResponseSend', listener);
      answers.push(answer);
    }
    const kinds = ['The table exceeds', 'x'.repeat(300)];
    const counts = kinds.map((kind) => answers.filter((answer) => answer.includes(kind)).length);
    expect(Math.min(...counts)).toBeGreaterThan(0);
  });
});

describe('a connection that is over', () => {
  it('leaves no timer behind', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const engine = new Engine();
    const transport = new TcpTransport(engine);
    const streams = [new ScriptedStream(), new ScriptedStream()];
    for (const stream of streams) transport.handle(stream);
    streams[0]?.push(frames(get('k')));
    streams[0]?.push(null);
    await settled();
    expect(vi.getTimerCount()).toBe(1);
    const closing = transport.close();
    for (const stream of streams) stream.destroy();
    await closing;
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is cut if the peer has sent its last request and does not take the answers', async () => {
    const engine = new Engine();
    const stream = serve(engine, { drainMs: 1 });
    const closed = once(stream, 'close');
    stream.push(frames(get('k')));
    stream.push(null);
    await closed;
    expect(engine.stats().sessions).toEqual({});
  });
});

describe('an answer that was being written when the stream was gone', () => {
  it.each([
    ['and the stream says so', false],
    ['and the stream drops the callback', true],
  ])('is told with an error, once, %s', async (_, dropped) => {
    const engine = new Engine();
    const heard: unknown[] = [];
    engine.hooks.on('afterResponseSend', ({ error }) => void heard.push(error));
    const stream = serve(engine);
    stream.push(frames(get('a'), get('b')));
    await settled();
    expect(stream.writes).toHaveLength(1);
    stream.destroy();
    if (!dropped) stream.taken();
    await settled();
    const gone = expect.objectContaining({ code: 'CONNECTION_LOST' });
    expect(heard).toEqual([gone, gone]);
  });
});

describe('a server that has no memory for an answer', () => {
  const cause = new RangeError('Array buffer allocation failed');

  /** Lets nobody who writes have more than so many bytes. */
  function allowAtMost(most: number): void {
    const allocate = Buffer.allocUnsafeSlow;
    const limited = vi.spyOn(Buffer, 'allocUnsafeSlow').mockImplementation((bytes) => {
      if (bytes > most) throw cause;
      return allocate(bytes);
    });
    onTestFinished(() => limited.mockRestore());
  }

  interface Served {
    readonly engine: Engine;
    readonly stream: ScriptedStream;
    /** What the engine has reported. */
    readonly reported: unknown[];
  }

  function serveLarge(storage: Storage): Served {
    storage.set('t', 'large', new Uint8Array(100_000));
    storage.set('t', 'small', 1n);
    const reported: unknown[] = [];
    const onError = (...told: unknown[]): void => void reported.push(told);
    const engine = new Engine({ storage, onError });
    return { engine, stream: serve(engine), reported };
  }

  it.each([
    ['on the lane', new SlabStorage()],
    ['on the plain path', new MemoryStorage()],
  ])('says so in its place, %s, and answers the others', async (_, storage) => {
    const { engine, stream, reported } = serveLarge(storage);
    allowAtMost(64 * 1024);
    stream.push(frames(get('small'), get('large'), get('small')));
    await settled();
    const said =
      'The command was carried out, but its answer cannot be sent. There is not enough memory for a message';
    expect(answers(stream)).toMatchObject([
      { status: 200, message: '' },
      { status: 500, message: said },
      { status: 200, message: '' },
    ]);
    expect(engine.stats().requests).toBe(3);
    expect(reported).toEqual([
      [expect.objectContaining({ code: 'INTERNAL', message: said }), 'send'],
    ]);
  });

  it('cuts the peer if there is none to say so, and does not go on with what it asks', async () => {
    const { engine, stream, reported } = serveLarge(new SlabStorage());
    const asked = frames(...Array.from({ length: 1000 }, () => get('small')));
    allowAtMost(0);
    stream.push(asked);
    await settled();
    expect(stream.destroyed).toBe(true);
    expect(engine.stats().requests).toBeLessThan(500);
    expect(engine.stats().sessions).toEqual({});
    const message = 'Answers cannot be written';
    expect(reported).toContainEqual([
      expect.objectContaining({ code: 'INTERNAL', message }),
      'send',
    ]);
  });
});

describe('a stream that throws when it is written to', () => {
  it('is cut, and heard of, and no other waits for that', async () => {
    const cause = new Error('There is something wrong with this stream');
    const reported: unknown[] = [];
    const engine = new Engine({ onError: (error, origin) => void reported.push([error, origin]) });
    const heard: unknown[] = [];
    engine.hooks.on('afterResponseSend', ({ error }) => void heard.push(error));
    const transport = new TcpTransport(engine);
    const [broken, good] = [new ScriptedStream(), new ScriptedStream()];
    broken._write = () => {
      throw cause;
    };
    for (const stream of [broken, good]) {
      transport.handle(stream);
      stream.push(frames(get('k')));
    }
    await settled();
    expect(good.writes).toHaveLength(1);
    expect(broken.destroyed).toBe(true);
    const error = expect.objectContaining({ code: 'INTERNAL', cause });
    expect(reported).toEqual([[error, 'send']]);
    expect(heard).toEqual([expect.objectContaining({ code: 'CONNECTION_LOST' })]);
    expect(transport.stats().connections).toBe(1);
    good.destroy();
  });
});

describe('a stream that is handed over', () => {
  it('is left alone if it is gone already, and does not keep the transport from closing', async () => {
    const transport = new TcpTransport(new Engine());
    const stream = new ScriptedStream();
    stream.destroy();
    await settled();
    transport.handle(stream);
    expect(transport.stats().connections).toBe(0);
    await transport.close();
  });

  it('is read though it was paused', async () => {
    const engine = new Engine();
    const stream = new ScriptedStream();
    stream.pause();
    new TcpTransport(engine).handle(stream);
    stream.push(frames(get('k')));
    await settled();
    expect(engine.stats().requests).toBe(1);
  });

  it('is ended if its input has ended already', async () => {
    const stream = new ScriptedStream();
    stream.push(null);
    stream.resume();
    await settled();
    new TcpTransport(new Engine()).handle(stream);
    await settled();
    expect(stream.destroyed).toBe(true);
  });
});

describe('a peer that has said that it sends no more', () => {
  it('is cut if it takes nothing for the drain time, though there is more to answer', async () => {
    const storage = new MemoryStorage();
    storage.set('t', 'k', 'x'.repeat(1000));
    const engine = new Engine({ storage });
    const stream = serve(engine, { maxUnsentBytes: 500, drainMs: 1 });
    const closed = once(stream, 'close');
    stream.push(frames(get('k'), get('k'), get('k')));
    await settled();
    stream.push(null);
    stream.read(0);
    await closed;
    expect(engine.stats().requests).toBe(1);
  });

  it('is not cut as long as it takes something', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const storage = new MemoryStorage();
    storage.set('t', 'k', 'x'.repeat(1000));
    const engine = new Engine({ storage });
    const stream = serve(engine, { maxUnsentBytes: 500, drainMs: 1000 });
    stream.push(frames(...Array.from({ length: 10 }, () => get('k'))));
    await settled();
    stream.push(null);
    stream.read(0);
    for (let answered = 1; answered <= 10; answered++) {
      await vi.advanceTimersByTimeAsync(900);
      expect(stream.destroyed).toBe(false);
      stream.taken();
      await settled();
    }
    expect(engine.stats().requests).toBe(10);
    expect(stream.destroyed).toBe(true);
  });
});

describe('a closed transport', () => {
  it('cuts whoever comes', async () => {
    const transport = new TcpTransport(new Engine());
    await transport.close();
    const stream = new ScriptedStream();
    transport.handle(stream);
    expect(stream.destroyed).toBe(true);
    expect(transport.stats()).toMatchObject({ connections: 0, accepted: 0 });
  });
});

describe('options', () => {
  it.each<[TcpTransportOptions]>([
    [{ maxFrameBytes: 511 }],
    [{ maxFrameBytes: Number.NaN }],
    [{ headerBytes: 2, maxFrameBytes: 65_536 }],
    [{ drainMs: -1 }],
    [{ drainMs: 2 ** 31 }],
    [{ maxUnsentBytes: 0 }],
    [{ maxInFlight: 0.5 }],
    [{ maxConnections: 0 }],
    [{ frameTimeoutMs: 0 }],
    [{ idleTimeoutMs: Number.NaN }],
  ])('refuses %o', (options) => {
    expect(() => new TcpTransport(new Engine(), options)).toThrow(RangeError);
  });
});
