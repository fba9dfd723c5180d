import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Results } from '../results.js';
import { chart } from './chart.js';
import { ratio } from './format.js';
import { json } from './json.js';
import { withResults } from './markdown.js';

// What the repository tells of its latest results.

const read = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

const published = read('results.json');
const results = JSON.parse(published) as Results;

/** The smallest and the largest ratio to Redis of a server, over measures of some depths. */
function range(server: string, depths: readonly number[]): [least: string, most: string] {
  const measures = results.groups.find(({ name }) => name === 'server')?.measures ?? [];
  const ratios = measures
    .filter(({ name }) => depths.some((depth) => name.endsWith(`, depth ${depth}`)))
    .flatMap(({ comparisons }) => comparisons.filter(({ subject }) => subject === server))
    .map(({ ratio: { median } }) => median);
  return [ratio(Math.min(...ratios)), ratio(Math.max(...ratios))];
}

test('the JSON is laid out as a run lays it out', () => {
  expect(json(results)).toBe(published);
});

test('the picture is drawn of them', () => {
  expect(read('results.svg')).toBe(chart(results));
});

test('the tables are made of them', () => {
  const document = read('README.md');
  expect(document).toMatch(/\| HGET, depth 64 +\| kv serve/);
  expect(withResults(document, results)).toBe(document);
});

test("the repository's README tells of just them", () => {
  const text = read('../../README.md').replace(/\s+/g, ' ');
  const told = (pattern: RegExp): readonly string[] => text.match(pattern)?.slice(1) ?? [];
  expect(told(/([\d.]+) to ([\d.]+) times the requests a second of a Redis/)).toEqual(
    range('kv serve', [16, 64]),
  );
  expect(told(/one at a time, ([\d.]+) to ([\d.]+)\./)).toEqual(range('kv serve', [1]));
  expect(told(/plain path: .*? that is ([\d.]+) to ([\d.]+) of Redis/)).toEqual(
    range('the plain path', [1, 16, 64]),
  );
});
