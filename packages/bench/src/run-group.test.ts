import { expect, it } from 'vitest';
import type { Context, Group, Measure } from './group.js';
import { runGroup } from './run-group.js';
import { settingsOf } from './settings.js';
import { Unavailable } from './unavailable.js';

const context = (runs: number, turns: number) =>
  ({ settings: { ...settingsOf(true, runs), turns } }) as Context;

const group = (measure: () => Measure, log: string[] = []): Group => ({
  name: 'codec',
  title: 'A title',
  async open() {
    log.push('open');
    const close = async () => void log.push('close');
    return { measures: [measure()], close };
  },
});

const silent = (): void => {};

/** A subject whose rates are given, and which tells of its turns. */
const subject =
  (rate: () => number, log: string[] = [], name = '') =>
  async () => ({
    async sample() {
      log.push(name);
      return { rate: rate() };
    },
    close: async () => void log.push(`close ${name}`),
  });

it('lets subjects take turns, each as often first as last, and opens anew for every run', async () => {
  const log: string[] = [];
  const measure = (): Measure => ({
    name: 'work',
    subjects: { a: subject(() => 300, log, 'a'), b: subject(() => 100, log, 'b') },
    pairings: [{ subject: 'a', baseline: 'b', goal: 2 }],
  });
  const { result, skipped } = await runGroup(group(measure, log), context(2, 2), silent);
  const run = ['open', 'a', 'b', 'b', 'a', 'close a', 'close b', 'close'];
  expect(log).toEqual([...run, ...run]);
  expect(skipped).toEqual([]);
  expect(result?.measures).toEqual([
    {
      name: 'work',
      subjects: [
        { name: 'a', rates: [300, 300] },
        { name: 'b', rates: [100, 100] },
      ],
      comparisons: [{ subject: 'a', baseline: 'b', ratio: { median: 3, min: 3, max: 3 }, goal: 2 }],
    },
  ]);
});

it.each([
  [1, 1],
  [2, 2],
  [3, 2],
])('with %i turns, lets a measure that wants two have %i', async (settings, taken) => {
  const log: string[] = [];
  const measure = (): Measure => ({
    name: 'work',
    turns: 2,
    subjects: { a: subject(() => 1, log, 'a') },
    pairings: [],
  });
  await runGroup(group(measure), context(1, settings), silent);
  expect(log).toEqual([...Array(taken).fill('a'), 'close a']);
});

it('takes ratios turn by turn, so that what slows both down is not seen', async () => {
  const speeds = [1, 10, 100];
  const measure = (): Measure => {
    const turn = { a: 0, b: 0 };
    return {
      name: 'work',
      subjects: {
        a: subject(() => 2 * (speeds[turn.a++] ?? 0)),
        b: subject(() => speeds[turn.b++] ?? 0),
      },
      pairings: [{ subject: 'a', baseline: 'b' }],
    };
  };
  const { result } = await runGroup(group(measure), context(2, 3), silent);
  expect(result?.measures[0]).toMatchObject({
    subjects: [{ rates: [20, 20] }, { rates: [10, 10] }],
    comparisons: [{ ratio: { median: 2, min: 2, max: 2 } }],
  });
});

it('takes the ratio of percentiles the other way round: the more, the better', async () => {
  const withP99 = (p99: number) => async () => {
    const load = { p50: 1, p99, p999: 1, cpuPerRequest: 1, serverBusy: 1, loadBusy: 1 };
    return { sample: async () => ({ rate: 1, load }), close: async () => {} };
  };
  const measure = (): Measure => ({
    name: 'work',
    subjects: { a: withP99(300), b: withP99(100) },
    pairings: [{ subject: 'a', baseline: 'b', by: 'p99', goal: 0.5 }],
  });
  const { result } = await runGroup(group(measure), context(1, 1), silent);
  const ratio = { median: 0.333, min: 0.333, max: 0.333 };
  expect(result?.measures[0]?.comparisons).toEqual([
    { subject: 'a', baseline: 'b', by: 'p99', ratio, goal: 0.5 },
  ]);
});

it('leaves out a subject that is not to be had, with its reason', async () => {
  const measure = (): Measure => ({
    name: 'work',
    subjects: {
      a: subject(() => 1),
      b: () => Promise.reject(new Unavailable('not for this machine')),
    },
    pairings: [{ subject: 'a', baseline: 'b' }],
  });
  const { result, skipped } = await runGroup(group(measure), context(2, 1), silent);
  expect(result?.measures[0]).toMatchObject({
    subjects: [{ name: 'a', rates: [1, 1] }],
    comparisons: [],
  });
  expect(skipped).toEqual([{ group: 'codec', subject: 'b', reason: 'not for this machine' }]);
});

it('leaves out a group that cannot be opened', async () => {
  const closed: Group = {
    ...group(() => {
      throw new Error('never asked');
    }),
    open: () => Promise.reject(new Unavailable('no server')),
  };
  expect(await runGroup(closed, context(2, 1), silent)).toEqual({
    result: undefined,
    skipped: [{ group: 'codec', reason: 'no server' }],
  });
});

it('fails with whatever else goes wrong, and closes what it has opened', async () => {
  const log: string[] = [];
  const measure = (): Measure => ({
    name: 'work',
    subjects: {
      a: subject(() => 1, log, 'a'),
      b: () => Promise.reject(new Error('a wrong answer')),
    },
    pairings: [],
  });
  const running = runGroup(group(measure, log), context(2, 1), silent);
  await expect(running).rejects.toThrow('a wrong answer');
  expect(log).toEqual(['open', 'close a', 'close']);
});
