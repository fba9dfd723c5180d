export { checkClosed, DataDirectory, inspect } from './data-directory.js';
export type { DataFormat, Marker } from './marker.js';
