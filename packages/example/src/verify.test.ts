import { Engine, type KvClient } from '@kv/core';
import { expect, test } from 'vitest';
import { cityFrom } from './cities.js';
import { load } from './load.js';
import { Mismatch, verify } from './verify.js';

const signal = new AbortController().signal;

const andorra = cityFrom({
  cityId: 3041563,
  name: 'Andorra la Vella',
  country: 'AD',
  population: 20430,
  featureCode: 'PPLC',
  loc: { coordinates: [1.52109, 42.50779] },
});

/** Verifies two engines that hold the same but for what `change` does to the second. */
async function verifyAfter(change: (kv: KvClient) => Promise<unknown>): Promise<number> {
  await using one = new Engine();
  await using other = new Engine();
  const [inProcess, overTcp] = [one.client(), other.client()];
  for (const kv of [inProcess, overTcp]) {
    await load(kv, [andorra], { signal, onStored: () => {} });
  }
  await change(overTcp);
  let verified = 0;
  const onVerified = (records: number): void => {
    verified += records;
  };
  await verify([andorra], { inProcess, overTcp }, { signal, onVerified });
  return verified;
}

test('both hold the same', async () => {
  expect(await verifyAfter(async () => {})).toBe(6);
});

test.each<[string, (kv: KvClient) => Promise<unknown>, string]>([
  [
    'another value',
    (kv) => kv.hset('city.name', '3041563', 'Escaldes'),
    "city.name, key 3041563: 'Escaldes' over TCP, 'Andorra la Vella' in-process",
  ],
  [
    'another type of the same number',
    (kv) => kv.hset('city.population', '3041563', 20430),
    'city.population, key 3041563: 20430 over TCP, 20430n in-process',
  ],
  [
    'a record less',
    (kv) => kv.hdel('city.capital', '3041563'),
    'city.capital, key 3041563: undefined over TCP, true in-process',
  ],
  [
    'a record more',
    (kv) => kv.hset('city.country', 'atlantis', '??'),
    "city.country, key atlantis: '??' over TCP, undefined in-process",
  ],
])('%s is a mismatch', async (_, change, message) => {
  await expect(verifyAfter(change)).rejects.toThrow(new Mismatch(message));
});

test('what was not loaded is a mismatch, even if both agree', async () => {
  await using engine = new Engine();
  const kv = engine.client();
  const verifying = verify([andorra], { inProcess: kv, overTcp: kv }, { signal, onVerified() {} });
  await expect(verifying).rejects.toThrow(
    "city.name, key 3041563: undefined in-process, 'Andorra la Vella' loaded",
  );
});
