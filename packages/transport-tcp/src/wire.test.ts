import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { Engine } from '@kv/core';
import {
  type CommandRequest,
  commandRequest,
  frameFormat,
  okResponse,
  valueToMessage,
} from '@kv/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TcpTransportOptions } from './options.js';
import { TcpTransport } from './tcp-transport.js';
import { TestPeer } from './testing/test-peer.js';

const set = (key: string, value: string): CommandRequest =>
  commandRequest('hset', { table: 't', pair: { key, value: valueToMessage(value) } });
const get = (key: string): CommandRequest => commandRequest('hget', { table: 't', key });
const found = (value: string): unknown => okResponse([valueToMessage(value)]);

let engine: Engine;
let transport: TcpTransport;
beforeEach(() => {
  engine = new Engine();
});
afterEach(async () => {
  await transport.close();
  await engine.close();
});

async function listen(options?: TcpTransportOptions): Promise<{ url: string; port: number }> {
  transport = new TcpTransport(engine, options);
  const { url, port = 0 } = await transport.listen({ port: 0 });
  return { url, port };
}

/** Two peers: one to misbehave, and a neighbour that must notice nothing. */
async function peers(options?: TcpTransportOptions): Promise<[TestPeer, TestPeer]> {
  const address = await listen(options);
  const connect = (): Promise<TestPeer> => TestPeer.connect(address, frameFormat(options));
  return [await connect(), await connect()];
}

async function expectServed(neighbour: TestPeer): Promise<void> {
  neighbour.send(set('neighbour', 'fine'), get('neighbour'));
  expect((await neighbour.receiveMany(2))[1]).toEqual(found('fine'));
  neighbour.cut();
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

async function bytesUntilEnd(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'end');
  return Buffer.concat(chunks).toString('hex');
}

describe('the wire of the reference implementation', () => {
  const HSET = '0000001c 221a 0a06 7461626c6531 1210 0a05 68656c6c6f 1207 0a05 776f726c64';

  it('is spoken byte by byte', async () => {
    const { port } = await listen();
    const socket = createConnection({ port, host: '127.0.0.1' });
    socket.end(hex(HSET + HSET));
    expect(await bytesUntilEnd(socket)).toBe('0000000508c8011a000000000c08c8011a070a05776f726c64');
  });

  it('has each answer whole in one piece, as its peers need it', async () => {
    const { port } = await listen();
    const socket = createConnection({ port, host: '127.0.0.1' });
    socket.write(hex(HSET));
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    expect(chunk.toString('hex')).toBe('0000000508c8011a00');
    socket.destroy();
  });
});

describe('a frame', () => {
  it('of no bytes is a request without a command: 400, and the connection lives on', async () => {
    const [peer, neighbour] = await peers();
    peer.write(hex('00000000'));
    expect(await peer.receive()).toMatchObject({
      status: 400,
      message: 'Command is invalid: `Request has no data`',
    });
    peer.send(get('k'));
    expect((await peer.receive()).status).toBe(404);
    await expectServed(neighbour);
  });

  it('among 5,000 in one write is answered in its turn', async () => {
    const [peer, neighbour] = await peers();
    const keys = Array.from({ length: 2500 }, (_, i) => `k${i}`);
    peer.send(...keys.map((key) => set(key, key)), ...keys.map(get));
    const answers = await peer.receiveMany(5000);
    expect(answers.slice(2500)).toEqual(keys.map(found));
    await expectServed(neighbour);
  });

  it('that is never completed is forgotten when the peer ends; what came before is answered', async () => {
    const [peer, neighbour] = await peers();
    peer.send(set('k', 'v'), get('k'));
    peer.write(hex('0000001c 221a'));
    peer.end();
    expect((await peer.receiveMany(2))[1]).toEqual(found('v'));
    await peer.closed;
    await expectServed(neighbour);
  });

  it('that is cut by a reset disturbs nobody', async () => {
    const [peer, neighbour] = await peers();
    peer.write(hex('0000001c 221a'));
    peer.cut();
    await peer.closed;
    await expectServed(neighbour);
  });
});

describe('a peer that half-closes', () => {
  it('has everything answered that it asked, more than it takes at once too', async () => {
    const [peer] = await peers({ maxUnsentBytes: 1024 });
    peer.send(set('k', 'x'.repeat(8 * 1024)));
    await peer.receive();
    const asked = 1000;
    peer.send(...Array.from({ length: asked }, () => get('k')));
    peer.end();
    const statuses = (await peer.receiveMany(asked)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200]));
    await peer.closed;
    expect(engine.stats().commands.hget).toBe(asked);
  });
});

describe('requests that are held back', () => {
  it('are kept as they came while others read into the same buffer', async () => {
    const [peer, neighbour] = await peers({ maxInFlight: 1 });
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      engine.hooks.on('requestExecuted', ({ request: { requestData } }) => {
        if (requestData.case !== 'hexist') return;
        resolve();
        return new Promise<void>((go) => (release = go));
      });
    });
    peer.send(commandRequest('hexist', { table: 't', key: 'k' }), set('k', 'mine'), get('k'));
    await held;
    for (let i = 0; i < 10; i++) neighbour.send(set('k'.repeat(50), 'theirs'.repeat(50)));
    await neighbour.receiveMany(10);
    release();
    expect((await peer.receiveMany(3))[2]).toEqual(found('mine'));
  });
});

describe('a header that announces more than the limit', () => {
  const tooLarge = {
    status: 413,
    message:
      'A frame of 1025 bytes exceeds the limit of 1024 bytes (maxFrameBytes, or kv --max-frame)',
    values: [],
    pairs: [],
  };

  it('is answered with 413 before a byte of the body is there, and the connection is ended', async () => {
    const [peer, neighbour] = await peers({ maxFrameBytes: 1024 });
    peer.write(hex('00000401'));
    expect(await peer.receive()).toEqual(tooLarge);
    await peer.closed;
    await expectServed(neighbour);
  });

  it('is answered after all that was asked before', async () => {
    const [peer] = await peers({ maxFrameBytes: 1024 });
    peer.write(Buffer.concat([peer.frames(set('k', 'v'), get('k')), hex('00000401')]));
    const answers = await peer.receiveMany(3);
    expect(answers[1]).toEqual(found('v'));
    expect(answers[2]).toEqual(tooLarge);
  });

  it('is answered though the peer goes on sending the body', async () => {
    const [peer] = await peers({ maxFrameBytes: 1024 });
    peer.write(hex('7fffffff'));
    for (let i = 0; i < 64; i++) peer.write(new Uint8Array(64 * 1024));
    expect((await peer.receive()).status).toBe(413);
    await peer.closed;
  });

  it('is too large, not negative, if its top bit is set', async () => {
    const [peer] = await peers();
    peer.write(hex('ffffffff'));
    expect((await peer.receive()).message).toBe(
      'A frame of 4294967295 bytes exceeds the limit of 16777216 bytes (maxFrameBytes, or kv --max-frame)',
    );
  });

  it('ends in a cut if the peer does not end its side within the drain time', async () => {
    const address = await listen({ drainMs: 1 });
    const socket = createConnection({ port: address.port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => {});
    socket.resume();
    socket.write(hex('ffffffff'));
    await once(socket, 'end');
    const closed = new Promise((resolve) => socket.on('close', resolve));
    // A connection that is gone is noticed by who writes to it.
    const writing = setInterval(() => socket.write('x'), 1);
    await closed;
    clearInterval(writing);
    await vi.waitFor(() => expect(transport.stats().connections).toBe(0));
  });
});

describe('a header of two bytes', () => {
  it('serves peers that take the text of the reference at its word', async () => {
    const [peer] = await peers({ headerBytes: 2 });
    peer.write(hex('0004 0a02 0a00'));
    expect((await peer.receive()).status).toBe(400);
    peer.send(set('k', 'v'), get('k'));
    expect((await peer.receiveMany(2))[1]).toEqual(found('v'));
  });

  it('cannot announce an answer of more than 65,535 bytes: that one is a 413', async () => {
    const [peer] = await peers({ headerBytes: 2 });
    peer.send(set('a', 'x'.repeat(40_000)), set('b', 'x'.repeat(40_000)));
    await peer.receiveMany(2);
    peer.send(commandRequest('hmget', { table: 't', keys: ['a', 'b'] }), get('a'));
    const [all, one] = await peer.receiveMany(2);
    expect(all).toMatchObject({ status: 413, values: [], pairs: [] });
    expect(all?.message).toMatch(
      /^The command was carried out, but its answer cannot be sent\. A frame of 80\d+ [^:]*$/,
    );
    expect(one).toEqual(found('x'.repeat(40_000)));
  });
});

describe('a peer to whom more is pushed at one time than may wait for it', () => {
  it('is answered what it asks at the same moment', async () => {
    const [subscriber, publisher] = await peers({ maxUnsentBytes: 100 });
    const subscription = { topic: 'news', pattern: '', maxMessages: 0, maxBytes: 0, overflow: '' };
    subscriber.send(commandRequest('subscribe', subscription));
    await subscriber.receive();
    const message = { topic: 'news', data: [valueToMessage('x'.repeat(200))] };
    for (let round = 0; round < 100; round++) {
      publisher.send(commandRequest('publish', message));
      subscriber.send(get('k'));
      const both = [await subscriber.receive(), await subscriber.receive()];
      expect(both.map(({ status }) => status).sort()).toEqual([200, 404]);
      await publisher.receive();
    }
    for (const peer of [subscriber, publisher]) peer.cut();
  });
});
