import type { Entry, Value, WriteOp } from '@kv/core';
import { type Fault, fault } from './fault.js';
import { ModelStorage } from './model-storage.js';

/** Stores under other names than those it was given. */
abstract class Renaming extends ModelStorage {
  protected table(table: string): string {
    return table;
  }

  protected key(key: string): string {
    return key;
  }

  override get(table: string, key: string): Value | undefined {
    return super.get(table, this.key(key));
  }

  override contains(table: string, key: string): boolean {
    return super.contains(table, this.key(key));
  }

  override entries(table: string): Map<string, Value> {
    return super.entries(this.table(table));
  }

  override apply(table: string, op: WriteOp): Value | undefined {
    return super.apply(this.table(table), { ...op, key: this.key(op.key) });
  }
}

/** Names that are lost, changed, or taken for one another. */
export const nameFaults: readonly Fault[] = [
  fault(
    'keeps entries in an object',
    /^what objects inherit/,
    class extends ModelStorage {
      override get(table: string, key: string): Value | undefined {
        return (Object.fromEntries(this.entries(table)) as Record<string, Value>)[key];
      }
    },
  ),
  fault(
    'keeps tables in an object',
    /^what objects inherit/,
    class extends ModelStorage {
      override getAll(table: string): Entry[] {
        const tables: Record<string, unknown> = { [table]: super.getAll(table) };
        return (table in {} ? ({} as typeof tables)[table] : tables[table]) as Entry[];
      }
    },
  ),
  fault(
    'composes what is decomposed',
    /^awkward names are keys|^awkward names are tables/,
    class extends Renaming {
      override key = (key: string): string => key.normalize('NFC');
    },
  ),
  fault(
    'ends a key at a NUL',
    /^awkward names are keys|^no two pairs/,
    class extends Renaming {
      override key = (key: string): string => `${key.split('\0')[0]}`;
    },
  ),
  fault(
    'keeps tables as files, whose names are trimmed',
    /^awkward names are tables|^no two pairs/,
    class extends Renaming {
      override table = (table: string): string => table.trim();
    },
  ),
  fault(
    'cuts keys',
    /^keys as long as they may be/,
    class extends Renaming {
      override key = (key: string): string => key.slice(0, 1024);
    },
  ),
  fault(
    'cuts tables',
    /^tables as long as they may be/,
    class extends Renaming {
      override table = (table: string): string => table.slice(0, 64);
    },
  ),
  ...[':', '\0', '/'].map((separator) =>
    fault(
      `joins table and key by ${JSON.stringify(separator)}`,
      /^no two pairs/,
      class extends ModelStorage {
        override get(table: string, key: string): Value | undefined {
          return this.entries('').get(`${table}${separator}${key}`);
        }

        override getAll(table: string): Entry[] {
          const prefix = `${table}${separator}`;
          return super
            .getAll('')
            .filter(([key]) => key.startsWith(prefix))
            .map(([key, value]) => [key.slice(prefix.length), value]);
        }

        override apply(table: string, op: WriteOp): Value | undefined {
          return super.apply('', { ...op, key: `${table}${separator}${op.key}` });
        }
      },
    ),
  ),
];
