import { expect, test } from 'vitest';
import { parseOptions } from './options.js';

test.each([
  [[], { help: false, limit: undefined }],
  [['--limit', '2000'], { help: false, limit: 2000 }],
  [['--limit=1'], { help: false, limit: 1 }],
  [['-h'], { help: true, limit: undefined }],
  [['--help'], { help: true, limit: undefined }],
])('%j', (args, options) => {
  expect(parseOptions(args)).toEqual(options);
});

test.each([
  [['--limit']],
  [['--limit', '']],
  [['--limit', '0']],
  [['--limit=-1']],
  [['--limit', '1.5']],
  [['--limit', 'all']],
  [['--verbose']],
  [['2000']],
])('%j is refused', (args) => {
  expect(() => parseOptions(args)).toThrow(TypeError);
});
