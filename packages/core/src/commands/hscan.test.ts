import {
  ByteWriter,
  type CommandMessage,
  type CommandResponse,
  straightLineCodec,
  type Value,
} from '@kv/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CommandContext } from '../command-service.js';
import { MemoryStorage } from '../storage/memory-storage.js';
import { SlabStorage } from '../storage/slab/slab-storage.js';
import type { Storage } from '../storage/storage.js';
import { hscan } from './hscan.js';

const FIRST = { table: 't', cursor: new Uint8Array(0), limit: 0, prefix: '' };

/** A storage in memory answers at once. */
function ask(message: Partial<CommandMessage<'hscan'>>, context: CommandContext): CommandResponse {
  return hscan({ ...FIRST, ...message }, context) as CommandResponse;
}

/** The pages of a scan, of which there must not be very many. */
function pages(
  message: Partial<CommandMessage<'hscan'>>,
  context: CommandContext,
): CommandResponse[] {
  const all = [ask(message, context)];
  for (let cursor = all[0]?.cursor; cursor?.length; cursor = all.at(-1)?.cursor) {
    all.push(ask({ ...message, cursor }, context));
    if (all.length > 1_000) throw new Error('There is no end to it');
  }
  return all;
}

function storing(entries: Iterable<readonly [key: string, value: Value]>): MemoryStorage {
  const storage = new MemoryStorage();
  for (const [key, value] of entries) storage.set('t', key, value);
  return storage;
}

const numbered = (count: number, value: Value = true): [string, Value][] =>
  Array.from({ length: count }, (_, i) => [`k${i}`, value]);

const sizes = (all: readonly CommandResponse[]): number[] => all.map(({ pairs }) => pairs.length);

describe('a page', () => {
  it('has as many pairs as are asked for, and a cursor unless it is the last', () => {
    const all = pages({ limit: 4 }, { storage: storing(numbered(10)) });
    expect(sizes(all)).toEqual([4, 4, 2]);
    expect(all.map((page) => 'cursor' in page)).toEqual([true, true, false]);
    expect(new Set(all.flatMap((page) => page.pairs.map(({ key }) => key))).size).toBe(10);
  });

  it('has 100 pairs if nothing is said', () => {
    expect(sizes(pages({}, { storage: storing(numbered(250)) }))).toEqual([100, 100, 50]);
  });

  it('has no more than 10,000 pairs, whatever is said', () => {
    const storage = storing(numbered(10_001));
    expect(sizes(pages({ limit: 2 ** 32 - 1 }, { storage }))).toEqual([10_000, 1]);
  });

  it('has no more than 1 MiB', () => {
    const storage = storing(numbered(30, 'x'.repeat(100 * 1024)));
    expect(sizes(pages({ limit: 100 }, { storage }))).toEqual([10, 10, 10]);
  });

  it('takes no more than half of what the caller can be sent', () => {
    const storage = storing(numbered(50, 'x'.repeat(91)));
    // Each pair takes a little over 100 bytes.
    const all = pages({ limit: 1_000 }, { storage, maxResponseBytes: 1_024 });
    expect(sizes(all)).toEqual(new Array(10).fill(5));
  });

  it('fits what the caller can be sent, as long as each of its pairs does', () => {
    // Of what it says, only the bytes count.
    const text = (most: number): fc.Arbitrary<string> =>
      fc
        .tuple(fc.constantFrom('x', 'é', '世', '😀'), fc.nat({ max: most }))
        .map(([character, count]) => character.repeat(count));
    const key = fc.tuple(fc.nat(), text(6)).map((parts) => parts.join(' '));
    const value = fc.oneof(
      fc.boolean(),
      fc.double(),
      text(60),
      fc.nat({ max: 350 }).map((length) => new Uint8Array(length)),
    );
    const entries = fc.uniqueArray(fc.tuple(key, value), {
      selector: ([name]) => name,
      minLength: 20,
      maxLength: 60,
    });
    fc.assert(
      fc.property(entries, (stored) => {
        const context = { storage: storing(stored), maxResponseBytes: 512 };
        const all = pages({ limit: 1_000 }, context);
        for (const page of all) {
          const out = new ByteWriter();
          straightLineCodec.encodeResponse(page, out);
          expect(out.take().length).toBeLessThanOrEqual(512);
        }
        expect(all.flatMap((page) => page.pairs)).toHaveLength(stored.length);
      }),
    );
  });
});

describe('a pair that is too large to be answered', () => {
  const context = (storage: Storage): CommandContext => ({ storage, maxResponseBytes: 1_000 });
  const encodedBytes = (page: CommandResponse): number => {
    const out = new ByteWriter();
    straightLineCodec.encodeResponse(page, out);
    return out.take().length;
  };

  it('is a 413 that names it and says what can be done, and the scan goes on behind it', () => {
    const storage = storing([...numbered(5), ['k2!', 'x'.repeat(1_000)]]);
    const all = pages({ limit: 2 }, context(storage));
    expect(all.map(({ status }) => status)).toEqual([200, 200, 413, 200]);
    expect(all[2]).toEqual({
      status: 413,
      message:
        'Too large to be answered: table: t, key: k2!, 1014 bytes of at most 981. Raise ' +
        'maxFrameBytes here and at the client, or delete it with HDEL',
      values: [],
      pairs: [],
      cursor: expect.any(Uint8Array),
    });
    expect(all.flatMap((page) => page.pairs.map(({ key }) => key))).toEqual([
      'k0',
      'k1',
      'k2',
      'k3',
      'k4',
    ]);
  });

  it('has an empty cursor if nothing is behind it', () => {
    const { status, cursor } = ask({}, context(storing([['k', 'x'.repeat(1_000)]])));
    expect([status, cursor]).toEqual([413, new Uint8Array(0)]);
  });

  it('is one that takes a byte more than is left beside cursor and status', () => {
    const storage = new MemoryStorage();
    const [last, others] = [numbered(1), numbered(2)];
    for (const entries of [last, others]) {
      const statuses = new Set<number>();
      for (let length = 900; length < 1_000; length++) {
        for (const [key] of entries) storage.set('t', key, 'x'.repeat(length));
        const page = ask({}, context(storage));
        statuses.add(page.status);
        expect(encodedBytes(page)).toBeLessThanOrEqual(1_000);
        // Not much before it must be, either.
        if (page.status === 413) expect(length).toBeGreaterThan(960);
      }
      expect([...statuses]).toEqual([200, 413]);
    }
  });

  it('is told in short if its table and key are long, and no character is cut', () => {
    const storage = new MemoryStorage();
    const [table, key] = ['😀'.repeat(60), '世'.repeat(1_000)];
    storage.set(table, key, true);
    const page = ask({ table }, { storage, maxResponseBytes: 512 });
    expect(page.message).toContain(
      `table: ${'😀'.repeat(32)}…, key: ${'世'.repeat(32)}…, 3010 bytes`,
    );
    expect(encodedBytes(page)).toBeLessThanOrEqual(512);
  });

  it('does not take others with it that share its position', () => {
    const storage = new SlabStorage({}, { hash: { hash: () => 7 } });
    const values = { a: 'x'.repeat(2_000), b: true, c: 'x'.repeat(1_000), d: true };
    for (const [key, value] of Object.entries(values)) storage.set('t', key, value);
    const { status, message, pairs, cursor } = ask({}, context(storage));
    expect(status).toBe(413);
    expect(message).toContain('key: a, 2012 bytes of at most 992, and 1 more.');
    expect(pairs.map(({ key }) => key)).toEqual(['b', 'd']);
    expect(cursor).toEqual(new Uint8Array(0));
  });

  it('is none of those whose cursor is', () => {
    const storage = storing([
      ['k'.repeat(300), true],
      ['l'.repeat(300), true],
    ]);
    const page = ask({ limit: 1 }, { storage, maxResponseBytes: 620 });
    expect([page.status, page.pairs.length]).toEqual([200, 1]);
    expect(encodedBytes(page)).toBeGreaterThan(620);
  });

  it('is answered where anything can be', () => {
    const { pairs } = ask({}, { storage: storing([['k', 'x'.repeat(2_000_000)]]) });
    expect(pairs).toHaveLength(1);
  });
});

describe('a cursor', () => {
  const storage = storing(numbered(10));
  storage.set('other', 'k', 1n);
  const { cursor = new Uint8Array(0) } = ask({ limit: 3, prefix: 'k' }, { storage });
  const refused = expect.objectContaining({
    code: 'INVALID_COMMAND',
    message: expect.stringContaining('cursor was not given out for this table and prefix'),
  });

  it('goes on where its page ended, with another limit too, and as often as it is asked to', () => {
    for (const limit of [1, 100]) {
      const { pairs } = ask({ cursor, prefix: 'k', limit }, { storage });
      expect(pairs[0]?.key).toBe('k3');
    }
  });

  it('is refused for another table or prefix', () => {
    for (const message of [{ table: 'other', prefix: 'k' }, { prefix: '' }, { prefix: 'k1' }]) {
      expect(() => ask({ ...message, cursor }, { storage })).toThrow(refused);
    }
    // What is table and what is prefix must not be one text.
    expect(() => ask({ table: 'tk', cursor }, { storage })).toThrow(refused);
  });

  it('is refused for another storage, though it holds the same: that may go in another order', () => {
    const reopened = storing(numbered(10));
    expect(() => ask({ cursor, prefix: 'k' }, { storage: reopened })).toThrow(refused);
  });

  it('is refused with any bit changed, and in any other length', () => {
    const others = [
      ...Array.from({ length: cursor.length * 8 }, (_, bit) =>
        cursor.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte)),
      ),
      ...Array.from({ length: cursor.length - 1 }, (_, i) => cursor.subarray(i + 1)),
      ...Array.from({ length: cursor.length - 1 }, (_, i) => cursor.subarray(0, i + 1)),
      Uint8Array.of(...cursor, 0),
    ];
    for (const other of others) {
      expect(() => ask({ cursor: other, prefix: 'k' }, { storage })).toThrow(refused);
    }
  });
});
