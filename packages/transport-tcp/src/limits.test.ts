import { type CommandRequest, Engine, KvError, MemoryStorage } from '@kv/core';
import { commandRequest, FrameReader, frameFormat, straightLineCodec } from '@kv/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TcpTransportOptions } from './options.js';
import { TcpTransport } from './tcp-transport.js';
import { ScriptedStream } from './testing/scripted-stream.js';
import { TestPeer } from './testing/test-peer.js';

beforeEach(() => {
  const toFake = [
    'setInterval',
    'clearInterval',
    'setTimeout',
    'clearTimeout',
    'performance',
  ] as const;
  vi.useFakeTimers({ toFake: [...toFake] });
});
afterEach(() => void vi.useRealTimers());

const get = (key: string): CommandRequest => commandRequest('hget', { table: 't', key });
const frame = new TestPeer(new ScriptedStream()).frames(get('k'));

/** Lets time pass, and what follows from it happen. */
async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  await new Promise((resolve) => setImmediate(resolve));
}

interface Served {
  readonly transport: TcpTransport;
  readonly engine: Engine;
  readonly stream: ScriptedStream;
}

function serve(options?: TcpTransportOptions, engine = new Engine()): Served {
  const transport = new TcpTransport(engine, options);
  const stream = new ScriptedStream();
  transport.handle(stream);
  return { transport, engine, stream };
}

/** The statuses and messages of what has been written. */
function answers({ writes }: ScriptedStream): [status: number, message: string][] {
  const reader = new FrameReader(frameFormat());
  const found: [number, string][] = [];
  for (const write of writes) {
    reader.push(write);
    while (reader.next()) {
      const { status, message } = straightLineCodec.decodeResponse(
        reader.bytes,
        reader.start,
        reader.end,
      );
      found.push([status, message]);
    }
  }
  return found;
}

describe('the time in which a frame must be complete', () => {
  const options = { frameTimeoutMs: 1000 };

  it('ends with an answer that says so, and the end of the connection', async () => {
    const { transport, stream } = serve(options);
    stream.push(frame.subarray(0, 3));
    await pass(900);
    expect(stream.writes).toEqual([]);
    await pass(400);
    expect(answers(stream)).toEqual([[504, 'A frame was not complete within 1000 ms']]);
    expect(transport.stats().frameTimeouts).toBe(1);
    stream.taken();
    stream.push(null);
    await pass(0);
    expect(transport.stats().connections).toBe(0);
  });

  it('is not prolonged by a byte now and then', async () => {
    const { transport, stream } = serve(options);
    for (let i = 0; i < frame.length - 1 && transport.stats().frameTimeouts === 0; i++) {
      stream.push(frame.subarray(i, i + 1));
      await pass(300);
    }
    expect(transport.stats().frameTimeouts).toBe(1);
    expect(answers(stream)).toHaveLength(1);
  });

  it('begins anew with each frame', async () => {
    const { transport, stream, engine } = serve(options);
    stream.push(frame.subarray(0, 3));
    for (let i = 0; i < 10; i++) {
      await pass(700);
      stream.push(Buffer.concat([frame.subarray(3), frame.subarray(0, 3)]));
      await pass(0);
      stream.taken();
    }
    expect(engine.stats().requests).toBe(10);
    expect(transport.stats().frameTimeouts).toBe(0);
  });

  it('does not run while the peer is held back', async () => {
    const storage = new MemoryStorage();
    storage.set('t', 'k', 'x'.repeat(1000));
    const { transport, stream, engine } = serve(
      { ...options, maxUnsentBytes: 500 },
      new Engine({ storage }),
    );
    stream.push(Buffer.concat([frame, frame, frame.subarray(0, 3)]));
    await pass(5000);
    expect(engine.stats().requests).toBe(1);
    stream.taken();
    await pass(0);
    stream.taken();
    await pass(900);
    expect(engine.stats().requests).toBe(2);
    expect(transport.stats().frameTimeouts).toBe(0);
    await pass(400);
    expect(transport.stats().frameTimeouts).toBe(1);
  });

  it('answers what was asked before first', async () => {
    const engine = new Engine();
    const release: (() => void)[] = [];
    engine.hooks.on('requestExecuted', () => new Promise<void>((resolve) => release.push(resolve)));
    const { stream } = serve(options, engine);
    stream.push(Buffer.concat([frame, frame.subarray(0, 3)]));
    await pass(1400);
    expect(stream.writes).toEqual([]);
    release[0]?.();
    await pass(0);
    expect(answers(stream).map(([status]) => status)).toEqual([404, 504]);
  });
});

describe('the time for which a connection may be idle', () => {
  const options = { idleTimeoutMs: 1000 };

  it('ends it without an answer', async () => {
    const { transport, stream } = serve(options);
    await pass(1300);
    expect(stream.writableEnded).toBe(true);
    expect(stream.writes).toEqual([]);
    expect(transport.stats().idleTimeouts).toBe(1);
  });

  it('is none by default', async () => {
    const { stream } = serve();
    await pass(1e8);
    expect(stream.writableEnded).toBe(false);
  });

  it('begins anew whenever something is asked', async () => {
    const { transport, stream } = serve(options);
    for (let i = 0; i < 5; i++) {
      stream.push(frame);
      await pass(0);
      stream.taken();
      await pass(900);
    }
    expect(stream.writableEnded).toBe(false);
    await pass(400);
    expect(transport.stats().idleTimeouts).toBe(1);
  });

  it('does not run while a request is under way', async () => {
    const engine = new Engine();
    let release = (): void => {};
    engine.hooks.on('requestExecuted', () => new Promise<void>((resolve) => (release = resolve)));
    const { stream } = serve(options, engine);
    stream.push(frame);
    await pass(10_000);
    expect(stream.writableEnded).toBe(false);
    release();
    await pass(0);
    expect(answers(stream)).toHaveLength(1);
    await pass(700);
    expect(stream.writableEnded).toBe(false);
    await pass(700);
    expect(stream.writableEnded).toBe(true);
  });
});

describe('the number of connections', () => {
  it('is not exceeded: who comes then is cut, and may come again later', async () => {
    const { transport, stream } = serve({ maxConnections: 2 });
    const [second, third, fourth] = [
      new ScriptedStream(),
      new ScriptedStream(),
      new ScriptedStream(),
    ];
    transport.handle(second);
    transport.handle(third);
    expect([stream, second, third].map(({ destroyed }) => destroyed)).toEqual([false, false, true]);
    expect(transport.stats()).toMatchObject({ connections: 2, accepted: 2, refused: 1 });
    stream.destroy();
    await pass(0);
    transport.handle(fourth);
    expect(fourth.destroyed).toBe(false);
  });
});

describe('the figures', () => {
  it('tell how often a limit was met', async () => {
    const storage = new MemoryStorage();
    storage.set('t', 'k', 'x'.repeat(1000));
    const engine = new Engine({ storage });
    const { transport, stream } = serve({ maxUnsentBytes: 500, maxInFlight: 1 }, engine);
    stream.push(Buffer.concat([frame, frame]));
    await pass(0);
    expect(transport.stats()).toMatchObject({ heldBackUnsent: 1, heldBackInFlight: 0 });
    stream.taken();
    await pass(0);
    stream.taken();
    engine.hooks.once('requestReceived', () => new Promise(() => {}));
    stream.push(Buffer.concat([frame, frame]));
    await pass(0);
    expect(transport.stats().heldBackInFlight).toBe(1);
    const other = new ScriptedStream();
    transport.handle(other);
    other.push(Buffer.from('ffffffff', 'hex'));
    await pass(0);
    expect(transport.stats().framesTooLarge).toBe(1);
    expect(answers(other)[0]?.[0]).toBe(new KvError('TOO_LARGE', '').status);
  });
});

describe('the timer of the limits', () => {
  it('is there only while there are connections', async () => {
    const { transport, stream } = serve();
    expect(vi.getTimerCount()).toBe(1);
    stream.destroy();
    await pass(2000);
    expect(transport.stats().connections).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
    transport.handle(new ScriptedStream());
    expect(vi.getTimerCount()).toBe(1);
  });
});
