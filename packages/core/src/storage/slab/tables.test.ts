import { describe, expect, it } from 'vitest';
import { Heap } from './heap.js';
import { Records } from './records.js';
import { Segments } from './segments.js';
import { SlabTable } from './slab-table.js';
import { Tables } from './tables.js';

const allocate = (bytes: number): ArrayBuffer => new ArrayBuffer(bytes);
const segments = new Segments(allocate);
const records = new Records(new Heap(1024, allocate));

/** A table with an entry in it, or with none. */
function table(name: string, entries = 1): SlabTable {
  const made = new SlabTable(name, segments, records);
  for (let i = 1; i <= entries; i++) {
    made.index.reserve(i);
    made.index.insert(i, i);
  }
  return made;
}

describe('tables', () => {
  it('are known by name, and to their records by an id, which is none before', () => {
    const tables = new Tables();
    const [a, b] = [table('a'), table('b')];
    expect([a.id, tables.named('a')]).toEqual([0, undefined]);
    tables.add(a);
    tables.add(b);
    tables.add(a);
    expect([tables.count, tables.named('a'), tables.named('b')]).toEqual([2, a, b]);
    expect([tables.withId(a.id), tables.withId(b.id)]).toEqual([a, b]);
  });

  it('are gone when they are empty, and not before; their ids and bytes are for others', () => {
    const tables = new Tables();
    const [full, empty] = [table('full'), table('empty', 0)];
    tables.add(full);
    const { bytes } = tables;
    expect(bytes).toBe(full.bytes);
    tables.add(empty);
    const { id } = empty;
    tables.dropIfEmpty(full);
    tables.dropIfEmpty(empty);
    tables.dropIfEmpty(empty);
    expect([tables.count, tables.named('empty'), empty.id, tables.bytes]).toEqual([
      1,
      undefined,
      0,
      bytes,
    ]);
    const [next, last] = [table('next'), table('last')];
    tables.add(next);
    tables.add(last);
    expect([next.id, last.id]).toEqual([id, id + 1]);
  });
});
