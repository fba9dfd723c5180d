import { describe, expect, it } from 'vitest';
import { WatchedTable, WatchedTables } from './watched-tables.js';

/** Names of which some have the same hash, as `Aa` and `BB`. */
const NAMES = ['Aa', 'BB', 'a', 'users', 'Nutzer\u00fc', 'x'.repeat(300), '__proto__', ''];

function find(tables: WatchedTables, name: string): string | undefined {
  const bytes = new Uint8Array(Buffer.from(`before${name}behind`));
  return tables.find(bytes, 6, bytes.length - 6)?.name;
}

describe('tables that are watched', () => {
  it('are found by the bytes of their names, and no others', () => {
    for (const name of NAMES) {
      const tables = new WatchedTables();
      tables.add(new WatchedTable(name, 0));
      for (const other of NAMES) {
        expect(find(tables, other)).toBe(other === name ? name : undefined);
      }
    }
  });

  it('are found until they are deleted, whatever others are', () => {
    const tables = new WatchedTables();
    const all = NAMES.map((name) => new WatchedTable(name, 0));
    for (const table of all) tables.add(table);
    for (const [i, table] of all.entries()) {
      tables.delete(table);
      tables.delete(table);
      expect(NAMES.filter((name) => find(tables, name) === name)).toEqual(NAMES.slice(i + 1));
    }
    expect(tables.size).toBe(0);
  });
});

describe('a table that is watched', () => {
  /** One that has changed while a snapshot was taken. */
  function changed(): WatchedTable {
    const table = new WatchedTable('t', 5);
    table.last = 7;
    table.mark(false);
    table.last = 9;
    return table;
  }

  it('has lost what came before a snapshot that was adopted', () => {
    const table = changed();
    expect(table.lost(true)).toBe(7);
    table.mark(true);
    expect([table.lost(false), table.lost(true)]).toEqual([7, 9]);
  });

  it('has lost nothing by one that was not, also when the next is begun', () => {
    const table = changed();
    expect(table.lost(false)).toBe(5);
    table.mark(false);
    expect([table.lost(false), table.lost(true)]).toEqual([5, 9]);
  });
});
