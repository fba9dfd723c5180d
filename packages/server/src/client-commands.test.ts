import { Readable } from 'node:stream';
import { KvError, type Value } from '@kv/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { run } from './main.js';
import { TestIo } from './testing/test-io.js';
import { TestServer } from './testing/test-server.js';

let server: TestServer;

beforeEach(async () => {
  server = await TestServer.start();
  const kv = server.engine.client();
  await kv.hset('users', 'u1', 'Tyr');
  await kv.hmset('all', [
    ['s', 'text'],
    ['i', -42n],
    ['f', -0],
    ['b', false],
    ['bin', new Uint8Array([0, 255, 10])],
  ]);
});

afterEach(() => server[Symbol.asyncDispose]());

async function kv(...argv: string[]): Promise<TestIo & { code: number }> {
  const io = new TestIo({ KV_URL: server.url });
  const code = await run(argv, io);
  return Object.assign(io, { code });
}

const CASES: [line: string, code: number, text: string[], json: string[]][] = [
  ['hget users u1', 0, ['Tyr'], ['{"type":"string","value":"Tyr"}']],
  ['hget users u2', 1, ['(none)'], ['null']],
  ['hget nowhere u1', 1, ['(none)'], ['null']],
  [
    'hgetall all',
    0,
    ['s\ttext', 'i\t-42', 'f\t-0', 'b\tfalse', 'bin\tAP8K'],
    [
      '{"key":"s","type":"string","value":"text"}',
      '{"key":"i","type":"integer","value":"-42"}',
      '{"key":"f","type":"float","value":"-0"}',
      '{"key":"b","type":"boolean","value":false}',
      '{"key":"bin","type":"binary","value":"AP8K"}',
    ],
  ],
  ['hgetall nowhere', 0, [], []],
  [
    'hmget users u1 u2',
    0,
    ['u1\tTyr', 'u2\t(none)'],
    ['{"key":"u1","type":"string","value":"Tyr"}', '{"key":"u2","type":null,"value":null}'],
  ],
  ['hset users u1 Freyja', 0, ['Tyr'], ['{"type":"string","value":"Tyr"}']],
  ['hset users u2 Freyja', 0, ['(none)'], ['null']],
  ['hset all bin x', 0, ['AP8K'], ['{"type":"binary","value":"AP8K"}']],
  [
    'hmset users u1 a u2 b u1 c',
    0,
    ['u1\tTyr', 'u2\t(none)', 'u1\ta'],
    [
      '{"key":"u1","type":"string","value":"Tyr"}',
      '{"key":"u2","type":null,"value":null}',
      '{"key":"u1","type":"string","value":"a"}',
    ],
  ],
  ['hdel users u1', 0, ['Tyr'], ['{"type":"string","value":"Tyr"}']],
  ['hdel users u2', 0, ['(none)'], ['null']],
  [
    'hmdel users u1 u2',
    0,
    ['u1\tTyr', 'u2\t(none)'],
    ['{"key":"u1","type":"string","value":"Tyr"}', '{"key":"u2","type":null,"value":null}'],
  ],
  ['hexist users u1', 0, ['true'], ['{"type":"boolean","value":true}']],
  ['hexist users u2', 1, ['false'], ['{"type":"boolean","value":false}']],
  [
    'hmexist users u1 u2',
    0,
    ['u1\ttrue', 'u2\tfalse'],
    ['{"key":"u1","type":"boolean","value":true}', '{"key":"u2","type":"boolean","value":false}'],
  ],
  [
    'hscan all --prefix b',
    0,
    ['b\tfalse', 'bin\tAP8K'],
    ['{"key":"b","type":"boolean","value":false}', '{"key":"bin","type":"binary","value":"AP8K"}'],
  ],
  [
    'hscan all --prefix b --page-size 1',
    0,
    ['b\tfalse', 'bin\tAP8K'],
    ['{"key":"b","type":"boolean","value":false}', '{"key":"bin","type":"binary","value":"AP8K"}'],
  ],
  [
    'hscan all --prefix b --limit 1',
    0,
    ['b\tfalse'],
    ['{"key":"b","type":"boolean","value":false}'],
  ],
  ['hscan nowhere', 0, [], []],
];

describe.each(CASES)('kv %s', (line, exitCode, text, json) => {
  test.each([
    ['for people', [], text],
    ['as JSON', ['--json'], json],
  ])('%s', async (_name, flags, lines) => {
    const { code, stdout, stderr } = await kv(...line.split(' '), ...flags);
    expect(stdout.text).toBe(lines.map((each) => `${each}\n`).join(''));
    expect(stderr.text).toBe('');
    expect(code).toBe(exitCode);
  });
});

/** The sizes of the pages that are asked for from now on. */
function pagesAsked(): number[] {
  const asked: number[] = [];
  server.engine.hooks.on('requestReceived', ({ request: { requestData } }) => {
    if (requestData.case === 'hscan') asked.push(requestData.value.limit);
  });
  return asked;
}

test('kv hscan asks for as many pairs at a time as it is told to', async () => {
  const asked = pagesAsked();
  await kv('hscan', 'all', '--page-size', '2');
  expect(asked).toEqual([2, 2, 2]);
});

test('kv hscan stops at its limit, and asks for no page beyond it', async () => {
  const asked = pagesAsked();
  const { stdout } = await kv('hscan', 'all', '--page-size', '2', '--limit', '4');
  expect(stdout.text.match(/\n/g)).toHaveLength(4);
  expect(asked).toEqual([2, 2]);
});

test.each([
  ['--page-size', ['0', '-1', 'x', '4294967296'], '1 to 4294967295.'],
  ['--limit', ['0', '-1', '0.5', 'all'], '1 or more.'],
])('kv hscan refuses a %s of %j', async (flag, values, expected) => {
  for (const value of values) {
    const { code, stderr } = await kv('hscan', 'all', `${flag}=${value}`);
    expect(stderr.text).toContain(`Expected a whole number, ${expected}`);
    expect(code).toBe(2);
  }
});

test('what came before a page that fails is printed', async () => {
  let pages = 0;
  server.engine.hooks.on('requestReceived', () => {
    if (pages++ === 1) throw new KvError('FORBIDDEN', 'not so much');
  });
  const { code, stdout, stderr } = await kv('hscan', 'all', '--prefix', 'b', '--page-size', '1');
  expect(stdout.text).toBe('b\tfalse\n');
  expect(stderr.text).toBe('error: not so much\n');
  expect(code).toBe(3);
});

test('kv hscan prints what it can, and then tells what is too large for that', async () => {
  await using small = await TestServer.start({ maxFrameBytes: 1024 });
  const long = 'x'.repeat(2_000);
  await small.engine.client().hmset('t', [
    ['a', 1n],
    ['b', long],
    ['c', 2n],
    ['d', long],
  ]);
  const { code, stdout, stderr } = await kv('hscan', 't', '--url', small.url);
  expect(stdout.text).toBe('a\t1\nc\t2\n');
  expect(stderr.text).toMatch(/^error: Too large .* key: b, .*; Too large .* key: d, .*\n$/);
  expect(code).toBe(2);
});

test.each([
  ['hset users u1 Freyja', 'Freyja'],
  ['hmset users u1 Freyja u2 Loki', 'Freyja'],
  ['hdel users u1', null],
  ['hmdel users u1 u2', null],
])('kv %s does its work in silence if it is told to', async (line, value) => {
  for (const flag of ['--quiet', '-q', '-q --json']) {
    await server.engine.client().hset('users', 'u1', 'Tyr');
    const { code, stdout, stderr } = await kv(...line.split(' '), ...flag.split(' '));
    expect([code, stdout.text, stderr.text]).toEqual([0, '', '']);
    expect(await server.engine.client().hget('users', 'u1')).toBe(value);
  }
});

test('a command that only reads cannot be told to be quiet', async () => {
  const { code, stderr } = await kv('hget', 'users', 'u1', '--quiet');
  expect(stderr.text).toContain("unknown option '--quiet'");
  expect(code).toBe(2);
});

test('a single binary value is printed as the bytes that it is', async () => {
  const { stdout } = await kv('hget', 'all', 'bin');
  expect(stdout.bytes).toEqual(Buffer.from([0, 255, 10]));
});

test.each<[args: string[], key: string, value: Value]>([
  [['hset', 't', 'k', 'Tyr'], 'k', 'Tyr'],
  [['hset', 't', 'k', ''], 'k', ''],
  [['hset', 't', 'k', '-5'], 'k', '-5'],
  [['hset', 't', 'k', '--', '-5'], 'k', '-5'],
  [['hset', 't', 'k', '--', '--help'], 'k', '--help'],
  [['hset', 't', '--', '-k', '--'], '-k', '--'],
  [['hset', 't', 'k', 'hget'], 'k', 'hget'],
  [['hset', 't', 'k', '42', '--type', 'integer'], 'k', 42n],
  [['hset', 't', 'k', '-42', '--type', 'integer'], 'k', -42n],
  [['hset', '--type', 'float', 't', 'k', '-1.5e3'], 'k', -1500],
  [['hset', 't', 'k', '--type', 'float', '--', '-Infinity'], 'k', Number.NEGATIVE_INFINITY],
  [['hset', 't', 'k', 'true', '--type=boolean'], 'k', true],
  [['hset', 't', 'k', 'AP8K', '--type', 'binary'], 'k', new Uint8Array([0, 255, 10])],
  [['hmset', 't', 'a', '-1', 'b', '2', '--type', 'integer'], 'a', -1n],
  [['hmset', 't', 'a=b', 'c=d'], 'a=b', 'c=d'],
])('kv %j stores', async (argv, key, value) => {
  const { code, stderr } = await kv(...argv);
  expect(stderr.text).toBe('');
  expect(code).toBe(0);
  expect(await server.engine.client().hget('t', key)).toEqual(value);
});

test.each([
  [['hset', 't', 'k', '-'], [['k', 'Tyr\n']]],
  [
    ['hmset', 't', 'a', '1', '-', '-', 'c', '3'],
    [
      ['a', '1'],
      ['-', 'Tyr\n'],
      ['c', '3'],
    ],
  ],
])('kv %j stores what is on standard input in the place of -', async (argv, pairs) => {
  const io = new TestIo({ KV_URL: server.url }, Readable.from([Buffer.from('Tyr\n')]));
  expect(await run(argv, io)).toBe(0);
  expect([...(await server.engine.client().hgetall('t'))]).toEqual(pairs);
});

test.each([
  ['only one value can be', ['a', '-', 'b', '-']],
  ["key 'b' has no value", ['a', '-', 'b']],
  ["'x' is no value of type integer", ['--type', 'integer', 'a', '-', 'b', 'x']],
])('kv hmset says that %s, and reads nothing', async (message, args) => {
  const stdin = new Readable({ read: () => expect.unreachable() });
  const io = new TestIo({ KV_URL: server.url }, stdin);
  expect(await run(['hmset', 't', ...args], io)).toBe(2);
  expect(io.stderr.text).toContain(message);
});

test.each<[NodeJS.Signals, number]>([
  ['SIGINT', 130],
  ['SIGTERM', 143],
])('%s ends a command that waits for its value, and says nothing', async (signal, exitCode) => {
  const io = new TestIo({ KV_URL: server.url }, new Readable({ read() {} }));
  const code = run(['hset', 't', 'k', '-'], io);
  io.signal(signal);
  expect(await code).toBe(exitCode);
  expect(io.stdout.text + io.stderr.text).toBe('');
});
