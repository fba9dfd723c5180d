import type { Value } from '@kv/protocol';
import { MemoryLevel } from 'memory-level';
import { beforeEach, describe, expect, it } from 'vitest';
import { BYTES, TEXT_KEY } from './level-database.js';
import { storing, valueIn } from './record.js';
import { RecordReader } from './record-reader.js';

let db: MemoryLevel<Buffer, Buffer>;
let reader: RecordReader;
/** As what the database was asked for values. */
let asked: unknown[];
beforeEach(async () => {
  db = new MemoryLevel(BYTES);
  asked = [];
  const getSync = db.getSync.bind(db);
  Object.assign(db, {
    getSync: (...[key, options]: Parameters<typeof getSync>) => {
      asked.push(options.valueEncoding);
      return getSync(key, options);
    },
  });
  for (const [place, value] of Object.entries(VALUES)) await store(place, value);
  reader = new RecordReader(db);
});

const VALUES: Readonly<Record<string, Value>> = {
  'a text': 'wörds',
  'another text': 'with \ufffd',
  bytes: Uint8Array.of(0xff, 0xfe),
  'an integer': 1n,
};

async function store(place: string, value: Value, spoil = (_: Buffer): void => {}): Promise<void> {
  const record = storing(place, value).record as Buffer;
  spoil(record);
  await db.put<string, Buffer>(place, record, TEXT_KEY);
}

const read = (place: string): Value | undefined => valueIn(reader.readNow(place));

describe('reading at once', () => {
  it('asks for a text where the last one was one, and again for bytes if it is none', () => {
    const places = ['bytes', 'a text', 'another text', 'nothing', 'bytes', 'an integer', 'a text'];
    for (const place of places) expect(read(place)).toEqual(VALUES[place]);
    const [bytes, text] = ['buffer', 'utf8'];
    expect(asked).toEqual([bytes, bytes, text, text, text, bytes, bytes, bytes]);
  });

  it.each([0, 1, 5])('finds damage at byte %i of what it takes for a text', async (at) => {
    for (const [place, value] of [
      ['a damaged text', 'text'],
      ['damaged bytes', Uint8Array.of(1, 2, 3, 4)],
    ] as const) {
      await store(place, value, (record) => {
        record[at] = 0xff;
      });
      read('a text');
      expect(() => read(place)).toThrow('An entry of the database is damaged');
      expect(read('a text')).toBe(VALUES['a text']);
    }
  });

  it('passes on what the database fails with', async () => {
    read('a text');
    await db.close();
    expect(() => read('a text')).toThrow('The database cannot be read');
  });
});
