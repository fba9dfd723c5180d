import { type CommandName, type CommandResponse, Engine } from '@kv/core';
import { describe, expect, it } from 'vitest';
import { engineExecutor } from '../testing/engine-executor.js';
import { casesOf, commandCases, emptyRequestCase } from './command-cases.js';
import { runRequestCase } from './run-request-case.js';

const commands = Object.keys(commandCases) as CommandName[];
const cases = [...commands.flatMap(casesOf), emptyRequestCase];

/** Ways in which an answer can be wrong. */
const distortions: Readonly<Record<string, (response: CommandResponse) => CommandResponse>> = {
  status: (response) => ({ ...response, status: response.status + 1 }),
  message: (response) => ({ ...response, message: response.message === '' ? 'OK' : '' }),
  values: (response) => ({
    ...response,
    values: [...response.values, { value: { case: undefined } }],
  }),
  pairs: (response) => ({ ...response, pairs: [...response.pairs, { key: 'another' }] }),
  cursor: (response) => ({ ...response, cursor: new Uint8Array(0) }),
  topic: (response) => ({ ...response, topic: 'topic' }),
  subscription: (response) => ({ ...response, subscription: 1 }),
  delivered: (response) => ({ ...response, delivered: (response.delivered ?? 0) + 1 }),
  missed: (response) => ({ ...response, missed: 1 }),
};

describe('every case catches a wrong', () => {
  it.each(Object.entries(distortions))('%s', async (_, distort) => {
    for (const each of cases) {
      const engine = engineExecutor(new Engine());
      const running = runRequestCase(each, async (request) => {
        const response = await engine.execute(request);
        return request === each.request ? distort(response) : response;
      });
      await expect(running, each.title).rejects.toThrow();
    }
  });
});

it.each(commands)('the cases of %s have titles of their own', (command) => {
  const titles = casesOf(command).map(({ title }) => title);
  expect(new Set(titles).size).toBe(titles.length);
});

it('a case fails if what it is given fails', async () => {
  const [hget] = casesOf('hget');
  if (hget === undefined) throw new Error('There is no such case');
  const running = runRequestCase(hget, () => ({ ...hget.response, message: '', status: 503 }));
  await expect(running).rejects.toThrow();
});

it('what a command did is looked at afterwards', async () => {
  const engine = new Engine();
  const deleting = casesOf('hdel').find(({ title }) => title.startsWith('answers the value'));
  if (deleting === undefined) throw new Error('There is no such case');
  const running = runRequestCase(deleting, (request) =>
    request === deleting.request ? { ...deleting.response, message: '' } : engine.execute(request),
  );
  await expect(running).rejects.toThrow();
});
