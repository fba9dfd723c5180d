import { ByteWriter, commandRequest, straightLineCodec } from '@kv/protocol';
import { describe, expect, it } from 'vitest';
import { LaneReader } from '../lane/lane-reader.js';
import { DEFAULT_LIMITS } from '../limits.js';
import { SlabStorage } from '../storage/slab/slab-storage.js';
import type { StorageLane } from '../storage/storage-lane.js';
import { RecordingLane } from './recording-lane.js';

const pair = { key: 'k', value: { value: { case: 'string', value: 'v' } } } as const;

const REQUESTS = {
  hget: (table: string) => commandRequest('hget', { table, key: 'k' }),
  hexist: (table: string) => commandRequest('hexist', { table, key: 'k' }),
  hset: (table: string) => commandRequest('hset', { table, pair }),
  hdel: (table: string) => commandRequest('hdel', { table, key: 'k' }),
} as const;

function executed(lane: StorageLane, command: keyof typeof REQUESTS, table: string): boolean {
  const out = new ByteWriter();
  straightLineCodec.encodeRequest(REQUESTS[command](table), out);
  const bytes = out.take();
  const reader = new LaneReader(DEFAULT_LIMITS);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  expect(reader.read(bytes, view, 0, bytes.length)).toBe(true);
  return lane.execute(reader, new ByteWriter()) !== 0;
}

describe('the lane of a storage of which changes are recorded', () => {
  const lane = new RecordingLane(new SlabStorage().lane, () => ['users', 'orders']);

  it.each(['users', 'orders'])('leaves changes of %s to the storage, and no reads', (table) => {
    expect(executed(lane, 'hset', table)).toBe(false);
    expect(executed(lane, 'hdel', table)).toBe(false);
    expect(executed(lane, 'hget', table)).toBe(true);
    expect(executed(lane, 'hexist', table)).toBe(true);
  });

  it.each(['user', 'users2', 'userz', 'ordera', 'täble'])('carries out changes of %s', (table) => {
    expect(executed(lane, 'hset', table)).toBe(true);
    expect(executed(lane, 'hdel', table)).toBe(true);
  });

  it('takes no table that is recorded for another, whatever its letters', () => {
    const recorded = new RecordingLane(new SlabStorage().lane, () => ['täble']);
    expect(executed(recorded, 'hset', 'täble')).toBe(false);
    expect(executed(recorded, 'hset', 'other')).toBe(true);
  });

  it('offers what the lane offers', () => {
    const slabs = new SlabStorage().lane;
    expect(new RecordingLane(slabs, () => []).defer).toBeUndefined();
    const deferring: StorageLane = { execute: () => 0, defer: () => true };
    const recorded = new RecordingLane(deferring, () => []);
    expect([recorded.defer === undefined, recorded.executeTable]).toEqual([false, undefined]);
  });
});
