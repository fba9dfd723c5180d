import type { Entry } from '@kv/core';
import { describe, expect, it, vi } from 'vitest';
import { tailOf, writePlace } from './place.js';
import { TableCursor } from './table-cursor.js';
import { inKeyOrder } from './table-reads.js';

/** A cursor over keys, and how many of them it has given. */
function cursorOver(keys: readonly string[]): { cursor: TableCursor; given(): number } {
  const next = vi.fn();
  let tail: Buffer | undefined;
  for (const key of keys) next.mockImplementationOnce(() => ({ value: placed(key) }));
  next.mockReturnValue({ done: true, value: undefined });
  const placed = (key: string): object => {
    tail = tailOf('t', key);
    const target = Buffer.alloc(4096);
    const place = target.subarray(0, writePlace('t', key, target, 0));
    return { key: tail === undefined ? key : place, value: true };
  };
  const cursor = new TableCursor(
    () => ({ next }),
    () => tail,
    () => {},
  );
  return { cursor, given: () => next.mock.calls.length };
}

const long = (end: string): string => 'k'.repeat(2000) + end;
const longer = (end: string): string => 'l'.repeat(2000) + end;

describe('entries in the order of their keys', () => {
  it('are put in order where the driver has none', () => {
    const { cursor } = cursorOver(['a', long('c'), long('a'), long('b'), 'm']);
    const keys = [...inKeyOrder(cursor)].map(([key]) => key);
    expect(keys).toEqual(['a', long('a'), long('b'), long('c'), 'm']);
  });

  it('are read no further than that takes', () => {
    const { cursor, given } = cursorOver([
      'a',
      'b',
      long('b'),
      long('a'),
      longer('b'),
      longer('a'),
    ]);
    const entries = inKeyOrder(cursor);
    const steps = Array.from({ length: 6 }, () => [(entries.next().value as Entry)[0], given()]);
    expect(steps).toEqual([
      ['a', 1],
      ['b', 2],
      [long('a'), 5],
      [long('b'), 5],
      [longer('a'), 7],
      [longer('b'), 7],
    ]);
  });
});
