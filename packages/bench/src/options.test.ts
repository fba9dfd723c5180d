import { expect, test } from 'vitest';
import { parseOptions } from './options.js';

test('all groups, unless some are named; in their own order', () => {
  expect(parseOptions([]).groups).toEqual([
    'in-process',
    'codec',
    'server',
    'durable',
    'recovery',
    'engines',
    'topics',
    'client',
  ]);
  expect(parseOptions(['client', 'codec']).groups).toEqual(['codec', 'client']);
});

test('says how long, how often, and where the results go', () => {
  const args = ['--quick', '--runs', '7', '--json', 'a.json', '--svg', 'a.svg'];
  expect(parseOptions(args)).toMatchObject({
    quick: true,
    runs: 7,
    json: 'a.json',
    svg: 'a.svg',
    help: false,
  });
});

test.each([[['--runs', '0']], [['--runs', 'many']], [['servers']], [['--fast']]])(
  'refuses %j',
  (args) => {
    expect(() => parseOptions(args)).toThrow(TypeError);
  },
);
