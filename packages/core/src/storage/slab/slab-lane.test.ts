import {
  ByteWriter,
  type CommandRequest,
  commandRequest,
  straightLineCodec,
  type Value,
  valueToMessage,
  whenReady,
  writeValueMessage,
} from '@kv/protocol';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { dispatch } from '../../dispatch.js';
import { MemoryStorage } from '../memory-storage.js';
import type { LaneRequest } from '../storage-lane.js';
import { SlabStorage } from './slab-storage.js';

/** What is asked of both paths. */
interface Asked {
  readonly command: LaneRequest['command'];
  readonly table: string;
  readonly key: string;
  readonly value: Value;
}

/** A request that changes, as it does on the way of many. */
type Request = { -readonly [Part in keyof LaneRequest]: LaneRequest[Part] };

/** The request as a lane takes it, its ranges among other bytes. */
function laneRequest({ command, table, key, value }: Asked, gap = 0): Request {
  const message = new ByteWriter();
  writeValueMessage(value, message);
  const parts = [Buffer.from(table), Buffer.from(key), message.take()];
  const filler = Buffer.alloc(gap, 0xff);
  const [tableBytes = filler, keyBytes = filler, valueBytes = filler] = parts;
  const tableStart = gap;
  const keyStart = tableStart + tableBytes.length + gap;
  const valueStart = keyStart + keyBytes.length + gap;
  const bytes = Buffer.concat([filler, tableBytes, filler, keyBytes, filler, valueBytes]);
  return {
    command,
    bytes,
    view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    start: 0,
    end: bytes.length,
    tableStart,
    tableEnd: tableStart + tableBytes.length,
    keyStart,
    keyEnd: keyStart + keyBytes.length,
    valueStart,
    valueEnd: valueStart + valueBytes.length,
    hash: 0,
  };
}

function commandOf({ command, table, key, value }: Asked): CommandRequest {
  if (command !== 'hset') return commandRequest(command, { table, key });
  return commandRequest('hset', { table, pair: { key, value: valueToMessage(value) } });
}

const answered = (write: (out: ByteWriter) => void): string => {
  const out = new ByteWriter();
  out.write(Uint8Array.of(1, 2, 3));
  write(out);
  return Buffer.from(out.take()).toString('hex');
};

const asked: fc.Arbitrary<Asked> = fc.record({
  command: fc.constantFrom('hget', 'hset', 'hset', 'hdel', 'hexist'),
  table: fc.constantFrom('t', 'tables', '世界'),
  key: fc.constantFrom('k', 'key', 'key:000000000001', 'é', '😀'.repeat(70), 'k'.repeat(400)),
  value: fc.oneof(
    fc.nat({ max: 400 }).map((length) => 'v'.repeat(length)),
    fc.string({ unit: 'grapheme' }),
    fc.nat({ max: 20_000 }).map((length) => new Uint8Array(length).fill(7)),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.double(),
    fc.boolean(),
  ),
});

describe('the lane of slabs', () => {
  it('answers the bytes that the plain path does', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(asked, fc.nat({ max: 5 }), fc.boolean()), { maxLength: 60, size: 'max' }),
        (requests) => {
          const slab = new SlabStorage({}, { pageBytes: 1024 });
          const storage = new MemoryStorage();
          for (const [request, gap, throughLane] of requests) {
            const plain = (through: SlabStorage | MemoryStorage) => (out: ByteWriter) => {
              whenReady(dispatch(commandOf(request), { storage: through }), (response) =>
                straightLineCodec.encodeResponse(response, out),
              );
            };
            const lane = (out: ByteWriter): void => {
              expect(slab.lane.execute(laneRequest(request, gap), out)).not.toBe(0);
            };
            expect(answered(throughLane ? lane : plain(slab))).toBe(answered(plain(storage)));
          }
        },
      ),
    );
  });

  it('works on one buffer and one request that are used again', () => {
    const { lane } = new SlabStorage();
    const request = laneRequest({ command: 'hset', table: 't', key: 'k1', value: 'v1' });
    const out = new ByteWriter();
    lane.execute(request, out);
    request.bytes[request.keyEnd - 1] = 0x32;
    request.bytes[request.valueEnd - 1] = 0x32;
    lane.execute(request, out);
    request.command = 'hget';
    out.take();
    lane.execute(request, out);
    expect(out.take()).toEqual(Buffer.of(0x08, 0xc8, 1, 0x1a, 4, 0x0a, 2, 0x76, 0x32));
  });

  it('does not answer for a table that is gone, or one that came after it', () => {
    const storage = new SlabStorage();
    const get = laneRequest({ command: 'hget', table: 'a', key: 'k', value: 1n });
    const status = (): number => {
      const out = new ByteWriter();
      storage.lane.execute(get, out);
      const { status } = straightLineCodec.decodeResponse(out.bytes, 0, out.length);
      return status;
    };
    storage.set('a', 'k', 1n);
    expect(status()).toBe(200);
    storage.del('a', 'k');
    storage.set('b', 'k', 1n);
    expect(status()).toBe(404);
    storage.set('a', 'k', 1n);
    expect(status()).toBe(200);
  });

  it('leaves to the plain path what can only fail', () => {
    const storage = new SlabStorage();
    const out = new ByteWriter();
    const long = { command: 'hget', table: 't', key: 'k'.repeat(2 ** 24), value: 1n } as const;
    expect(storage.lane.execute(laneRequest(long), out)).toBe(0);
    const request = laneRequest({ command: 'hset', table: 't', key: 'k', value: 1n });
    storage.close();
    expect(storage.lane.execute(request, out)).toBe(0);
    expect(out.length).toBe(0);
  });

  it.each<LaneRequest['command']>(['hget', 'hset', 'hdel', 'hexist'])(
    'has appended and changed nothing if there is no memory for the answer to %s',
    (command) => {
      const storage = new SlabStorage();
      storage.set('t', 'k', 'old'.repeat(2_000));
      const allocate = vi.spyOn(Buffer, 'allocUnsafeSlow').mockImplementation(() => {
        throw new RangeError('Array buffer allocation failed');
      });
      onTestFinished(() => allocate.mockRestore());
      const out = new ByteWriter();
      // There is room for a byte less than the shortest answer takes.
      out.length = out.bytes.length - 4;
      for (const key of ['k', 'missing']) {
        const before = Buffer.from(out.bytes.subarray(0, out.length));
        const request = laneRequest({ command, table: 't', key, value: 'new' });
        expect(storage.lane.execute(request, out)).toBe(0);
        expect(Buffer.compare(out.bytes.subarray(0, out.length), before)).toBe(0);
      }
      expect(storage.getAll('t')).toEqual([['k', 'old'.repeat(2_000)]]);
    },
  );

  it('leaves no fault of its own to the methods, where nobody would hear of it', () => {
    const storage = new SlabStorage();
    storage.set('t', 'k', 'value');
    const request = laneRequest({ command: 'hget', table: 't', key: 'k', value: '' });
    const out = new ByteWriter();
    Object.defineProperty(request, 'keyStart', { get: () => request.bytes.length + 1 });
    Object.defineProperty(request, 'keyEnd', { get: () => request.bytes.length + 5 });
    expect(() => storage.lane.execute(request, out)).toThrow(RangeError);
  });

  it('has appended and changed nothing if a set fails', () => {
    let left = 2;
    const storage = new SlabStorage(
      {},
      {
        allocate: (bytes) => {
          if (left-- <= 0) throw new RangeError('Array buffer allocation failed');
          return new ArrayBuffer(bytes);
        },
      },
    );
    storage.set('t', 'k', 'old');
    const out = new ByteWriter();
    out.write(Uint8Array.of(1, 2, 3));
    for (const key of ['k', 'new']) {
      const value = new Uint8Array(5_000_000);
      const request = laneRequest({ command: 'hset', table: 't', key, value });
      expect(storage.lane.execute(request, out)).toBe(0);
      expect(out.length).toBe(3);
    }
    expect(storage.getAll('t')).toEqual([['k', 'old']]);
  });
});
