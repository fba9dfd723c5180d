import { Engine, KvError } from '@kv/core';
import { expect, test } from 'vitest';
import { type City, cityFrom } from './cities.js';
import { CITY_FIELDS, CITY_TABLES, pairsOf } from './city-tables.js';
import { load } from './load.js';

const signal = new AbortController().signal;

const cities: City[] = Array.from({ length: 10 }, (_, i) =>
  cityFrom({
    cityId: i,
    name: `City ${i}`,
    country: 'AD',
    population: i * 1000,
    featureCode: 'PPL',
    loc: { coordinates: [i, -i] },
  }),
);

test('stores every field of every city, in batches', async () => {
  await using engine = new Engine();
  await using kv = engine.client();
  const stored: number[] = [];
  await load(kv, cities, { signal, onStored: (count) => stored.push(count), batchSize: 4 });
  for (const field of CITY_FIELDS) {
    expect(await kv.hgetall(CITY_TABLES[field])).toEqual(new Map(pairsOf(cities, field)));
  }
  expect(stored).toEqual(CITY_FIELDS.flatMap(() => [4, 4, 2]));
});

test('never has more requests under way than the window allows', async () => {
  await using engine = new Engine();
  await using kv = engine.client();
  let most = 0;
  engine.hooks.on('requestExecuted', async () => {
    most = Math.max(most, engine.stats().inFlight);
    await new Promise(setImmediate);
  });
  await load(kv, cities, { signal, onStored: () => {}, batchSize: 1, window: 3 });
  expect(most).toBe(3);
});

test('begins no more batches after one has failed', async () => {
  await using engine = new Engine();
  await using kv = engine.client();
  engine.hooks.on('requestReceived', async () => {
    await new Promise(setImmediate);
    throw new KvError('FORBIDDEN', 'No more');
  });
  const loading = load(kv, cities, { signal, onStored: () => {}, batchSize: 1, window: 3 });
  await expect(loading).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await kv.close();
  expect(engine.stats().requests).toBe(3);
});
