import { type CommandRequest, type CommandResponse, Engine, type Value } from '@kv/core';
import {
  commandRequest,
  FrameReader,
  frameFormat,
  straightLineCodec,
  valueFromMessage,
  valueToMessage,
} from '@kv/protocol';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { TcpTransportOptions } from './options.js';
import { TcpTransport } from './tcp-transport.js';
import { ScriptedStream } from './testing/scripted-stream.js';
import { TestPeer } from './testing/test-peer.js';

const get = (key: string): CommandRequest => commandRequest('hget', { table: 't', key });
const subscribe = (topic: string): CommandRequest =>
  commandRequest('subscribe', { topic, pattern: '', maxMessages: 0, maxBytes: 0, overflow: '' });
const publish = (topic: string, ...values: readonly Value[]): CommandRequest =>
  commandRequest('publish', { topic, data: values.map(valueToMessage) });

/** Lets all that has been scheduled happen: what is read in one turn of the event loop is written in the next. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
}

const frames = (...requests: CommandRequest[]): Uint8Array =>
  new TestPeer(new ScriptedStream(), frameFormat()).frames(...requests);

/** What has been written: of answers their status, and of pushes their subscription and first value. */
function written({ writes }: ScriptedStream): unknown[] {
  const reader = new FrameReader(frameFormat());
  const found: unknown[] = [];
  for (const write of writes) {
    reader.push(write);
    while (reader.next()) {
      const { bytes, start, end } = reader;
      found.push(summary(straightLineCodec.decodeResponse(bytes, start, end)));
    }
  }
  return found;
}

function summary({ status, subscription, values, missed }: CommandResponse): unknown {
  if (subscription === undefined) return status;
  const rest = missed === undefined ? [] : [{ missed }];
  return [subscription, status === 200 ? valueFromMessage(values[0]) : status, ...rest];
}

/** Has no subscription decided upon until what is returned is called. */
function deciding(engine: Engine): () => void {
  let decide = (): void => {};
  const decided = new Promise<void>((resolve) => (decide = resolve));
  engine.hooks.on('requestReceived', ({ request }) =>
    request.requestData.case === 'subscribe' ? decided : undefined,
  );
  return decide;
}

/** Peers of one transport, each subscribed to these topics. */
async function subscribers(
  engine: Engine,
  topics: readonly (readonly string[])[],
  options?: TcpTransportOptions,
): Promise<{ transport: TcpTransport; streams: ScriptedStream[] }> {
  const transport = new TcpTransport(engine, options);
  const streams = topics.map((each) => {
    const stream = new ScriptedStream();
    transport.handle(stream);
    stream.push(frames(...each.map(subscribe)));
    return stream;
  });
  await settled();
  for (const stream of streams) {
    stream.taken();
    stream.writes.length = 0;
  }
  return { transport, streams };
}

describe('what is pushed in one turn of the event loop', () => {
  it('leaves in one write, the same bytes for all who are sent the same', async () => {
    const engine = new Engine();
    const { streams } = await subscribers(engine, [['a'], ['a'], ['a']]);
    for (const turn of [1, 2]) {
      for (const value of [1n, 2n, 3n]) void engine.execute(publish('a', value));
      await settled();
      for (const stream of streams) {
        expect(stream.writes).toHaveLength(turn);
        expect(stream.writes[turn - 1]).toBe(streams[0]?.writes[turn - 1]);
        stream.taken();
      }
    }
    const values = [1n, 2n, 3n, 1n, 2n, 3n];
    for (const stream of streams) {
      expect(written(stream)).toEqual(values.map((value) => [1, value]));
    }
  });

  it('is what each is subscribed to, whoever else gets what', async () => {
    const engine = new Engine();
    const { streams } = await subscribers(engine, [['a'], ['b', 'a'], ['b'], ['a', 'b']]);
    for (const [topic, value] of [
      ['a', 1n],
      ['b', 2n],
      ['a', 3n],
    ] as const) {
      void engine.execute(publish(topic, value));
    }
    await settled();
    expect(streams.map(written)).toEqual([
      [
        [1, 1n],
        [1, 3n],
      ],
      [
        [2, 1n],
        [1, 2n],
        [2, 3n],
      ],
      [[1, 2n]],
      [
        [1, 1n],
        [2, 2n],
        [1, 3n],
      ],
    ]);
    void engine.execute(publish('b', 4n));
    for (const stream of streams) stream.taken();
    await settled();
    expect(streams.map((stream) => written(stream).at(-1))).toEqual([
      [1, 3n],
      [1, 4n],
      [1, 4n],
      [2, 4n],
    ]);
  });

  it('stands among answers in the order in which both came', async () => {
    const engine = new Engine();
    const { streams } = await subscribers(engine, [['a'], ['a']]);
    const [stream, other] = streams as [ScriptedStream, ScriptedStream];
    stream.push(frames(get('k'), publish('a', 1n), publish('a', 2n), get('k'), publish('a', 3n)));
    await settled();
    expect(stream.writes).toHaveLength(1);
    expect(written(stream)).toEqual([404, [1, 1n], 200, [1, 2n], 200, 404, [1, 3n], 200]);
    expect(written(other)).toEqual([
      [1, 1n],
      [1, 2n],
      [1, 3n],
    ]);
  });
});

describe('what goes to many', () => {
  it('is the same bytes again after a peer was sent something else besides, which nobody shared', async () => {
    const engine = new Engine();
    const { streams } = await subscribers(engine, [['a'], ['a'], ['b']]);
    void engine.execute(publish('b', 1n));
    streams[2]?.push(frames(get('k')));
    await settled();
    void engine.execute(publish('a', 2n));
    await settled();
    expect(written(streams[2] as ScriptedStream)).toEqual([[1, 1n], 404]);
    expect(streams[0]?.writes).toHaveLength(1);
    expect(streams[1]?.writes[0]).toBe(streams[0]?.writes[0]);
  });
});

describe('a peer that does not take what is pushed', () => {
  it('has no more written for it than its unsent bytes allow, and gets the rest when it does', async () => {
    const engine = new Engine();
    const { streams } = await subscribers(engine, [['a'], ['a']], { maxUnsentBytes: 300 });
    const [slow, fast] = streams as [ScriptedStream, ScriptedStream];
    fast._write = (chunk, _encoding, done) => {
      fast.writes.push(chunk);
      done();
    };
    for (let i = 0; i < 10; i++) {
      void engine.execute(publish('a', BigInt(i), 'x'.repeat(100)));
      await settled();
    }
    expect([slow.writes.length, fast.writes.length]).toEqual([1, 10]);
    expect(slow.writableLength).toBeLessThan(600);
    for (let i = 0; i < 10; i++) {
      slow.taken();
      await settled();
    }
    expect(written(slow)).toEqual(written(fast));
  });

  it('is sent nothing more once it is gone, and is subscribed to nothing', async () => {
    const engine = new Engine();
    const { streams, transport } = await subscribers(engine, [['a'], ['a']]);
    void engine.execute(publish('a', 1n));
    streams[0]?.destroy();
    await settled();
    expect(engine.stats().subscriptions).toBe(1);
    expect([transport.stats().connections, streams[0]?.writes]).toEqual([1, []]);
    expect(streams.map(written)[1]).toEqual([[1, 1n]]);
  });
});

describe('a connection with a subscription', () => {
  it('is not idle, though nothing is asked', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const engine = new Engine();
    const idleTimeoutMs = 1000;
    const { streams, transport } = await subscribers(engine, [['a'], []], { idleTimeoutMs });
    await vi.advanceTimersByTimeAsync(5000);
    await settled();
    expect(streams.map(({ writableEnded }) => writableEnded)).toEqual([false, true]);
    streams[0]?.push(frames(commandRequest('unsubscribe', { topic: 'a', id: 1 })));
    await settled();
    streams[0]?.taken();
    await vi.advanceTimersByTimeAsync(5000);
    await settled();
    expect(streams[0]?.writableEnded).toBe(true);
    expect(transport.stats().idleTimeouts).toBe(2);
  });

  it('ends when its peer sends no more, as one does that is gone', async () => {
    const engine = new Engine();
    const { streams } = await subscribers(engine, [['a']]);
    streams[0]?.push(frames(get('k'), subscribe('b')));
    streams[0]?.push(null);
    await settled();
    expect(engine.stats().subscriptions).toBe(0);
    expect(written(streams[0] as ScriptedStream)).toEqual([404, 200]);
    expect(streams[0]?.writableEnded).toBe(true);
    streams[0]?.destroy();
  });

  it('ends with it when its transport closes, and nothing is pushed meanwhile', async () => {
    let release = (): void => {};
    const engine = new Engine();
    engine.hooks.on('requestExecuted', ({ request }) =>
      request.requestData.case === 'hget'
        ? new Promise<void>((resolve) => (release = resolve))
        : undefined,
    );
    const { streams, transport } = await subscribers(engine, [['a']], { drainMs: 1000 });
    streams[0]?.push(frames(get('k')));
    await settled();
    const closing = transport.close();
    expect(await engine.execute(publish('a', 1n))).toMatchObject({ delivered: 0 });
    release();
    await settled();
    expect(written(streams[0] as ScriptedStream)).toEqual([404]);
    streams[0]?.destroy();
    await closing;
  });
});

describe('a subscription that is opened when its connection ends', () => {
  it('is none if the peer is gone', async () => {
    const engine = new Engine();
    const decide = deciding(engine);
    const { streams } = await subscribers(engine, [['a'], ['a']]);
    for (const stream of streams) stream.destroy();
    await settled();
    decide();
    await settled();
    expect(await engine.execute(publish('a', 1n))).toMatchObject({ delivered: 0 });
  });

  it.each<[string, (transport: TcpTransport, stream: ScriptedStream) => unknown]>([
    ['the transport closes', (transport) => transport.close()],
    ['the peer sends no more', (_, stream) => stream.push(null)],
  ])('ends with its answer if %s, though others have to be waited for', async (_, end) => {
    const engine = new Engine();
    const decide = deciding(engine);
    let execute = (): void => {};
    engine.hooks.on('requestExecuted', ({ request }) =>
      request.requestData.case === 'hget'
        ? new Promise<void>((resolve) => (execute = resolve))
        : undefined,
    );
    const { streams, transport } = await subscribers(engine, [['a']]);
    const [stream] = streams as [ScriptedStream];
    stream.push(frames(get('k')));
    await settled();
    void end(transport, stream);
    await settled();
    decide();
    await settled();
    expect(written(stream)).toEqual([200]);
    expect(await engine.execute(publish('a', 1n))).toMatchObject({ delivered: 0 });
    execute();
    stream.taken();
    await settled();
    expect(written(stream)).toEqual([200, 404]);
    stream.destroy();
  });
});

describe('a server that has no memory for what is pushed', () => {
  it('cuts no peer for it, and ends the subscription', async () => {
    const engine = new Engine();
    const { streams } = await subscribers(engine, [['a', 'b']]);
    const message = 'x'.repeat(100_000);
    const allocate = Buffer.allocUnsafeSlow;
    const limited = vi.spyOn(Buffer, 'allocUnsafeSlow').mockImplementation((bytes) => {
      if (bytes > 64 * 1024) throw new RangeError('Array buffer allocation failed');
      return allocate(bytes);
    });
    onTestFinished(() => limited.mockRestore());
    void engine.execute(publish('a', message));
    void engine.execute(publish('b', 1n));
    await settled();
    expect(written(streams[0] as ScriptedStream)).toEqual([
      [1, 413],
      [2, 1n],
    ]);
  });
});
