import {
  ByteWriter,
  type Codec,
  okResponse,
  reflectionCodec,
  straightLineCodec,
} from '@kv/protocol';
import { describe, expect, it } from 'vitest';
import type { FeedChange } from './feed-change.js';
import { PushedChange } from './pushed-change.js';

const change: FeedChange = {
  ...{ position: { epoch: 2 ** 40, sequence: 3 }, table: 't', key: 'k', cause: 'set' },
  ...{ value: Uint8Array.of(1, 2), old: 'before', oldKnown: true },
};

function bytesOf(pushed: PushedChange, codec: Codec): Uint8Array {
  const out = new ByteWriter();
  pushed.appendTo(out, codec, 7, 1);
  return out.take();
}

describe.each([{ isShared: false }, { isShared: true }])('a pushed change, %j', ({ isShared }) => {
  it.each([
    ['straight-line', straightLineCodec],
    ['reflection', reflectionCodec],
  ])('has the bytes that the %s codec makes of its response', (_, codec) => {
    const pushed = new PushedChange(change, isShared);
    const expected = new ByteWriter();
    codec.encodeResponse({ ...pushed.response, subscription: 7, missed: 1 }, expected);
    expect(bytesOf(pushed, codec)).toEqual(expected.take());
  });

  it('is the same whatever is encoded between two of its subscribers', () => {
    const pushed = new PushedChange(change, isShared);
    const first = bytesOf(pushed, straightLineCodec);
    bytesOf(new PushedChange({ ...change, key: 'other' }, isShared), straightLineCodec);
    expect(bytesOf(pushed, straightLineCodec)).toEqual(first);
  });

  it('can be told without the value that was there before, and then by its position alone, as missing', () => {
    const { smaller } = new PushedChange(change, isShared);
    expect(smaller?.response.change).toMatchObject({ key: 'k', old: undefined, oldKnown: false });
    expect(smaller?.smaller).toBe(undefined);
    const { position } = smaller?.response.change ?? {};
    expect(smaller?.standIn.response).toEqual({ ...okResponse([]), position });
  });

  it('takes about the room that its key and its values do', () => {
    const roomOf = (length: number): number =>
      new PushedChange(
        {
          ...change,
          key: 'k'.repeat(length),
          old: 'x'.repeat(length),
          value: new Uint8Array(length),
        },
        isShared,
      ).bytes;
    expect(roomOf(1000) - roomOf(0)).toBe(3000);
    expect(roomOf(0)).toBeGreaterThan(0);
  });
});
