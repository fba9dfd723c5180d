/** Between the name of a table and a key. No name of a table has it, escaped as it is. */
const END = '\0\0';
/** What stands for NUL in the name of a table. */
const ESCAPED = '\0\x01';

/**
 * What the keys of all entries of a table begin with, and no key of another's: the name of the table, in which NUL
 * is followed by 1, and two NULs. As names are not empty, no place begins with the two NULs: keys that do
 * are left for what there may be to say of the database as a whole.
 */
export function prefixOf(table: string): string {
  return (table.includes('\0') ? table.replaceAll('\0', ESCAPED) : table) + END;
}

/**
 * Where an entry is: the text whose UTF-8 is its key in the database. No two entries share one, and those of a table
 * are in the order of their keys' bytes.
 */
export function placeOf(table: string, key: string): string {
  return prefixOf(table) + key;
}

/**
 * Between which keys of the database all entries of a table are: those whose keys have a prefix, and come after
 * `after`, if these are given.
 */
export function rangeOf(
  table: string,
  keyPrefix = '',
  after?: Uint8Array,
): { gte: Buffer; lt: Buffer } | { gt: Buffer; lt: Buffer } {
  const prefix = Buffer.from(prefixOf(table));
  const gte = Buffer.from(placeOf(table, keyPrefix));
  const lt = Buffer.from(gte);
  // The last byte of UTF-8 and of END is never the largest that there is.
  lt[lt.length - 1] = (lt.at(-1) as number) + 1;
  if (after === undefined) return { gte, lt };
  const gt = Buffer.concat([prefix, after]);
  return Buffer.compare(gt, gte) < 0 ? { gte, lt } : { gt, lt };
}
