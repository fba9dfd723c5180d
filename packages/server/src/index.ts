export { type Io, type Output, processIo } from './io.js';
export { run } from './main.js';
export { type ServeOptions, serve } from './serve.js';
