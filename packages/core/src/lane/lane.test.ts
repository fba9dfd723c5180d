import {
  ByteWriter,
  type CommandRequest,
  commandRequest,
  straightLineCodec,
  type Value,
} from '@kv/protocol';
import { describe, expect, it, vi } from 'vitest';
import { Engine } from '../engine.js';
import { DEFAULT_LIMITS } from '../limits.js';
import { SlabStorage } from '../storage/slab/slab-storage.js';
import type { StorageLane } from '../storage/storage-lane.js';
import { Tally } from '../tally.js';
import { Lane, MAX_PREFETCH } from './lane.js';

function laneOver(entries: Readonly<Record<string, Value>>): Lane {
  const storage = new SlabStorage();
  for (const [key, value] of Object.entries(entries)) storage.set('t', key, value);
  return new Lane(storage.lane, DEFAULT_LIMITS, new Tally());
}

/** A chunk of gets, and where each of them lies. */
function gets(...keys: string[]): { bytes: Uint8Array; starts: Uint32Array; ends: Uint32Array } {
  const out = new ByteWriter();
  const [starts, ends] = [new Uint32Array(MAX_PREFETCH), new Uint32Array(MAX_PREFETCH)];
  keys.forEach((key, i) => {
    starts[i] = out.length;
    straightLineCodec.encodeRequest(commandRequest('hget', { table: 't', key }), out);
    ends[i] = out.length;
  });
  return { bytes: out.take(), starts, ends };
}

/** The value that is answered for the request at an index of a chunk. */
function answer(lane: Lane, chunk: ReturnType<typeof gets>, index: number, place: number): unknown {
  const out = new ByteWriter();
  const { bytes, starts, ends } = chunk;
  const [start = 0, end = 0] = [starts[index], ends[index]];
  const request = lane.read(bytes, start, end, place);
  expect(request !== undefined && lane.execute(request, out)).toBe(true);
  const response = out.take();
  return straightLineCodec.decodeResponse(response, 0, response.length).values[0]?.value.value;
}

describe('a lane that is told what comes', () => {
  it('answers each request for itself', () => {
    const lane = laneOver({ a: 1n, b: 2n });
    const chunk = gets('a', 'b', 'a');
    const first = lane.prefetch(chunk.bytes, chunk.starts, chunk.ends, 3);
    expect([0, 1, 2].map((i) => answer(lane, chunk, i, first + i))).toEqual([1n, 2n, 1n]);
  });

  it('reads a request anew if it has been told of others since', () => {
    const lane = laneOver({ a: 1n, b: 2n });
    const [mine, theirs] = [gets('a', 'a'), gets('b', 'b')];
    const first = lane.prefetch(mine.bytes, mine.starts, mine.ends, 2);
    expect(answer(lane, mine, 0, first)).toBe(1n);
    lane.prefetch(theirs.bytes, theirs.starts, theirs.ends, 2);
    expect(answer(lane, mine, 1, first + 1)).toBe(1n);
  });

  it('reads a request anew that it was not told of', () => {
    const lane = laneOver({ a: 1n, b: 2n });
    const [told, other] = [gets('a'), gets('b')];
    lane.prefetch(told.bytes, told.starts, told.ends, 1);
    expect(answer(lane, other, 0, 0)).toBe(2n);
  });
});

const PEER = { transport: 'test', address: 'here' };
const all = commandRequest('hgetall', { table: 't' });
const SCAN = { cursor: new Uint8Array(0), limit: 0, prefix: '' };
const several = commandRequest('hmget', { table: 't', keys: ['a', 'b'] });

/** Whether the lane of an engine answers, to a peer that can be sent so much. */
function answers(engine: Engine, request: CommandRequest, maxResponseBytes?: number): boolean {
  const limited = maxResponseBytes === undefined ? {} : { maxResponseBytes };
  const session = engine.openSession(PEER, limited);
  const asking = new ByteWriter();
  straightLineCodec.encodeRequest(request, asking);
  return session.answer(asking.bytes, 0, asking.length, new ByteWriter()) === 'answered';
}

describe('a lane that is asked for more than a single key', () => {
  it('answers all of a table to those who can be sent as much', () => {
    const storage = new SlabStorage();
    storage.set('t', 'k', 'x'.repeat(900));
    const engine = new Engine({ storage });
    expect(answers(engine, all)).toBe(true);
    expect(answers(engine, all, 1_000)).toBe(true);
    expect(answers(engine, all, 500)).toBe(false);
    expect(answers(engine, all, 1_000)).toBe(true);
  });

  it('counts what it has answered, and nothing else', () => {
    const storage = new SlabStorage();
    storage.set('t', 'k', 'x'.repeat(900));
    const engine = new Engine({ storage });
    for (const limit of [undefined, 1_000, 500]) answers(engine, all, limit);
    answers(engine, several);
    answers(engine, commandRequest('hscan', { ...SCAN, table: 't' }));
    const { requests, commands, statuses } = engine.stats();
    expect({ requests, statuses }).toEqual({ requests: 3, statuses: { 200: 3 } });
    expect(commands).toMatchObject({ hgetall: 2, hmget: 1, hscan: 0 });
  });

  it('leaves to the plain path what the storage has no short way for', () => {
    const storage = new SlabStorage();
    const { lane } = storage;
    const withLane = (offered: StorageLane): Engine =>
      new Engine({ storage: Object.create(storage, { lane: { value: offered } }) });
    const single = withLane({ execute: (request, out) => lane.execute(request, out) });
    expect(answers(single, commandRequest('hget', { table: 't', key: 'k' }))).toBe(true);
    expect([answers(single, several), answers(single, all)]).toEqual([false, false]);
    const tables = withLane({
      execute: () => 0,
      executeTable: (request, out, maxBytes) => lane.executeTable?.(request, out, maxBytes) ?? 0,
    });
    expect([answers(tables, several), answers(tables, all)]).toEqual([false, true]);
  });
});

describe('a fault of a lane', () => {
  const broken = (): never => {
    throw new TypeError('There is no such page');
  };

  it.each<[CommandRequest, StorageLane]>([
    [commandRequest('hget', { table: 't', key: 'k' }), { execute: broken }],
    [several, { execute: () => 0, executeBatch: broken }],
    [all, { execute: () => 0, executeTable: broken }],
  ])('is heard of, and the plain path answers: $requestData.case', (request, lane) => {
    const onError = vi.fn();
    const storage = Object.create(new SlabStorage(), { lane: { value: lane } });
    const engine = new Engine({ storage, onError });
    expect(answers(engine, request)).toBe(false);
    expect(onError).toHaveBeenCalledExactlyOnceWith(
      expect.objectContaining({ code: 'INTERNAL', cause: expect.any(TypeError) }),
      expect.anything(),
    );
  });
});
