import { expect, test } from 'vitest';
import { cityFrom, readCities } from './cities.js';

const source = {
  cityId: 3041563,
  name: 'Andorra la Vella',
  country: 'AD',
  population: 20430,
  featureCode: 'PPLC',
  loc: { type: 'Point', coordinates: [1.52109, 42.50779] },
};

test('a city has its fields in the types in which they are stored', () => {
  expect(cityFrom(source)).toEqual({
    id: '3041563',
    name: 'Andorra la Vella',
    country: 'AD',
    population: 20430n,
    latitude: 42.50779,
    longitude: 1.52109,
    capital: true,
  });
  expect(cityFrom({ ...source, featureCode: 'PPL' }).capital).toBe(false);
});

test.each([
  ['nothing', null],
  ['no object', 'Andorra la Vella'],
  ['no name', { ...source, name: undefined }],
  ['a population that is no whole number', { ...source, population: 0.5 }],
  ['no location', { ...source, loc: {} }],
  ['half a location', { ...source, loc: { coordinates: [1.52109] } }],
  ['a location that is no number', { ...source, loc: { coordinates: [1.52109, Number.NaN] } }],
])('%s is no city', (_, wrong) => {
  expect(() => cityFrom(wrong)).toThrow(TypeError);
});

test('every city of the package is one, under an id of its own', async () => {
  const cities = await readCities();
  expect(cities.length).toBeGreaterThan(130_000);
  expect(new Set(cities.map(({ id }) => id)).size).toBe(cities.length);
});

test('a limit takes the first ones', async () => {
  const cities = await readCities();
  expect(await readCities(3)).toEqual(cities.slice(0, 3));
});
