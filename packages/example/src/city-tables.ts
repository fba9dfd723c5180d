import type { Value } from '@kv/protocol';
import type { City } from './cities.js';

/** A field of a city, and so a table. */
export type CityField = Exclude<keyof City, 'id'>;

/** Where each field is stored, under the city's id. The type of a value is stored with it. */
export const CITY_TABLES: Readonly<Record<CityField, string>> = {
  name: 'city.name', // text: a string
  country: 'city.country',
  population: 'city.population', // an integer: a bigint
  latitude: 'city.latitude', // a float: a number
  longitude: 'city.longitude',
  capital: 'city.capital', // a boolean
};

export const CITY_FIELDS: readonly CityField[] = Object.keys(CITY_TABLES) as CityField[];

/** What the table of `field` is to hold of `cities`. */
export function pairsOf(
  cities: readonly City[],
  field: CityField,
): (readonly [key: string, value: Value])[] {
  return cities.map((city) => [city.id, city[field]]);
}
