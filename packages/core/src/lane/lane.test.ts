import { ByteWriter, commandRequest, straightLineCodec, type Value } from '@kv/protocol';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../limits.js';
import { SlabStorage } from '../storage/slab/slab-storage.js';
import { Tally } from '../tally.js';
import { FORESEEN, Lane } from './lane.js';

function laneOver(entries: Readonly<Record<string, Value>>): Lane {
  const storage = new SlabStorage();
  for (const [key, value] of Object.entries(entries)) storage.set('t', key, value);
  return new Lane(storage.lane, DEFAULT_LIMITS, new Tally());
}

/** A chunk of gets, and where each of them lies. */
function gets(...keys: string[]): { bytes: Uint8Array; starts: Uint32Array; ends: Uint32Array } {
  const out = new ByteWriter();
  const [starts, ends] = [new Uint32Array(FORESEEN), new Uint32Array(FORESEEN)];
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
    const first = lane.foresee(chunk.bytes, chunk.starts, chunk.ends, 3);
    expect([0, 1, 2].map((i) => answer(lane, chunk, i, first + i))).toEqual([1n, 2n, 1n]);
  });

  it('reads a request anew if it has been told of others since', () => {
    const lane = laneOver({ a: 1n, b: 2n });
    const [mine, theirs] = [gets('a', 'a'), gets('b', 'b')];
    const first = lane.foresee(mine.bytes, mine.starts, mine.ends, 2);
    expect(answer(lane, mine, 0, first)).toBe(1n);
    lane.foresee(theirs.bytes, theirs.starts, theirs.ends, 2);
    expect(answer(lane, mine, 1, first + 1)).toBe(1n);
  });

  it('reads a request anew that it was not told of', () => {
    const lane = laneOver({ a: 1n, b: 2n });
    const [told, other] = [gets('a'), gets('b')];
    lane.foresee(told.bytes, told.starts, told.ends, 1);
    expect(answer(lane, other, 0, 0)).toBe(2n);
  });
});
