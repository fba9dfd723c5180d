import {
  ByteWriter,
  type CommandResponse,
  commandRequest,
  KvError,
  straightLineCodec,
  type Value,
} from '@kv/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Engine } from '../engine.js';
import { MemoryStorage } from '../storage/memory-storage.js';
import type { Entry, Storage } from '../storage/storage.js';
import { hgetall } from './hgetall.js';

const PEER = { transport: 'test', address: 'here' };

const tooLarge = (bytes: number): unknown =>
  new KvError(
    'TOO_LARGE',
    `The table exceeds the limit of ${bytes} bytes on an answer: HSCAN reads it page by page`,
  );

function storing(entries: readonly Entry[]): MemoryStorage {
  const storage = new MemoryStorage();
  for (const [key, value] of entries) storage.set('t', key, value);
  return storage;
}

const numbered = (count: number, value: Value): Entry[] =>
  Array.from({ length: count }, (_, i) => [`k${i}`, value]);

/** What has been read of a storage that does not keep count itself. */
interface Reads {
  entries: number;
  whole: number;
  left: number;
}

/** A storage whose reading can be watched. */
function watched(
  iterate: 'at once' | 'later',
  snapshotIteration: boolean,
): { storage: Storage; reads: Reads } {
  const inner = storing(numbered(1_000, 'x'.repeat(100)));
  const reads: Reads = { entries: 0, whole: 0, left: 0 };
  function* entries(table: string): Generator<Entry> {
    try {
      for (const entry of inner.getIter(table)) {
        reads.entries++;
        yield entry;
      }
    } finally {
      reads.left++;
    }
  }
  async function* later(table: string): AsyncGenerator<Entry> {
    yield* entries(table);
  }
  const storage = Object.assign(Object.create(inner), {
    capabilities: { ...inner.capabilities, snapshotIteration },
    getIter: iterate === 'at once' ? entries : later,
    getAll: (table: string) => {
      reads.whole++;
      return Promise.resolve(inner.getAll(table));
    },
  });
  return { storage, reads };
}

describe('a table that the caller cannot be sent', () => {
  it.each(['at once', 'later'] as const)(
    'is refused as soon as that is known, by a storage that iterates %s',
    async (iterate) => {
      const { storage, reads } = watched(iterate, iterate === 'later');
      const asking = (async () => hgetall({ table: 't' }, { storage, maxResponseBytes: 1_000 }))();
      await expect(asking).rejects.toThrow(tooLarge(1_000) as KvError);
      expect(reads).toEqual({ entries: 10, whole: 0, left: 1 });
    },
  );

  it('is refused when it has been read, by a storage that can show one moment in no other way', async () => {
    const { storage, reads } = watched('later', false);
    const asking = (async () => hgetall({ table: 't' }, { storage, maxResponseBytes: 1_000 }))();
    await expect(asking).rejects.toThrow(tooLarge(1_000) as KvError);
    expect(reads).toEqual({ entries: 0, whole: 1, left: 0 });
  });

  it('is refused just to the peers to whom that applies', async () => {
    const engine = new Engine({ storage: storing(numbered(10, 'x'.repeat(100))) });
    const request = commandRequest('hgetall', { table: 't' });
    const status = (limit?: number): unknown => {
      const options = limit === undefined ? {} : { maxResponseBytes: limit };
      return (engine.openSession(PEER, options).execute(request) as CommandResponse).status;
    };
    expect([status(500), status(2_000), status(), status(500)]).toEqual([413, 200, 200, 413]);
    expect(await engine.client().hgetall('t')).toHaveProperty('size', 10);
    expect(engine.execute(request)).toMatchObject({ status: 200 });
  });
});

describe('a table that the caller can be sent', () => {
  it('is answered, to the last byte of what that may be', () => {
    // Of what it says, only the bytes count.
    const text = (most: number): fc.Arbitrary<string> =>
      fc
        .tuple(fc.constantFrom('x', 'é', '世', '😀'), fc.nat({ max: most }))
        .map(([character, count]) => character.repeat(count));
    const bytes = fc.nat({ max: 200 }).map((length) => new Uint8Array(length));
    const value = fc.oneof(text(200), bytes, fc.boolean(), fc.double());
    const key = fc.tuple(fc.nat(), text(20)).map((parts) => parts.join(' '));
    const entries = fc.uniqueArray(fc.tuple(key, value), { selector: ([name]) => name });
    fc.assert(
      fc.property(entries, (stored) => {
        const storage = storing(stored);
        const whole = hgetall({ table: 't' }, { storage }) as CommandResponse;
        const out = new ByteWriter();
        straightLineCodec.encodeResponse(whole, out);
        const maxResponseBytes = out.take().length;
        expect(hgetall({ table: 't' }, { storage, maxResponseBytes })).toEqual(whole);
      }),
    );
  });

  it.each(['at once', 'later'] as const)('is answered by one that iterates %s', async (iterate) => {
    const { storage } = watched(iterate, true);
    const { pairs } = await hgetall({ table: 't' }, { storage, maxResponseBytes: 1_000_000 });
    expect(pairs).toHaveLength(1_000);
  });
});
