import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { commandTable } from './command-table.js';
import { run } from './main.js';
import type { Ended } from './testing/kv-process.js';
import { TestIo } from './testing/test-io.js';

const COMMANDS = ['serve', ...Object.keys(commandTable)];

async function kv(...argv: string[]): Promise<Ended> {
  const io = new TestIo();
  const code = await run(argv, io);
  return { code, stdout: io.stdout.text, stderr: io.stderr.text };
}

function readText(path: string): Promise<string> {
  return readFile(new URL(path, import.meta.url), 'utf8');
}

describe('a command line that makes no sense gets one line and exit code 2', () => {
  test.each([
    [['hgte', 'users'], "unknown command 'hgte' (Did you mean hget?)"],
    [['--nope'], "unknown option '--nope'"],
    [['hget'], "missing required argument 'table'"],
    [['hget', 'users'], "missing required argument 'key'"],
    [['hmget', 'users'], "missing required argument 'keys'"],
    [['hget', 'users', 'u1', 'u2'], 'too many arguments'],
    [['hget', 'users', 'u1', '--type', 'float'], "unknown option '--type'"],
    [['hset', 'users', 'u1', '-x'], "unknown option '-x'"],
    [['hget', 'users', '-5x'], "(an argument that begins with '-' follows a '--')"],
    [['hset', 'users', 'u1', '--jsno'], '(Did you mean --json?)'],
    [['hset', 'users', 'u\uFFFD', 'Tyr'], 'argument 3 is no text in UTF-8'],
    [['hset', 'users', 'u1', '1.5', '--type', 'integer'], "'1.5' is no value of type integer"],
    [['hset', 'users', 'u1', '1', '--type', 'int'], 'Allowed choices are string, integer'],
    [['hmset', 'users', 'u1', 'Tyr', 'u2'], "key 'u2' has no value"],
    [
      ['hget', 'users', 'u1', '--url', 'http://localhost'],
      'neither kv://host:port, kvs://host:port nor',
    ],
    [['hget', 'users', 'u1', '--timeout', '0'], "option '--timeout <ms>'"],
    [['hget', 'users', 'u1', '--header-bytes', '3'], "option '--header-bytes <n>'"],
    [['serve', '--nope'], "unknown option '--nope'"],
    [['serve', '--port'], "option '--port <port>' argument missing"],
    [['serve', '--port', '65536'], "option '--port <port>' argument '65536' is invalid"],
    [['serve', '--host', ''], "option '--host <host>'"],
    [['serve', '--max-frame', '16q'], "option '--max-frame <size>'"],
    [['serve', '--max-frame', '511'], "option '--max-frame <size>'"],
    [['serve', '--max-frame', '2g'], '--max-frame: maxFrameBytes must be'],
    [['serve', '--max-frame', '64k', '--header-bytes', '2'], 'an integer from 1 to 65535'],
    [['hget', 'users', 'u1', '--max-frame', '5g'], '--max-frame: maxFrameBytes must be'],
    [['hset', 'users', 'u1', '-', '--max-frame', '5g'], '--max-frame: maxFrameBytes must be'],
    [['serve', '--path', '/run/kv.sock', '--port', '1'], 'cannot be used with'],
    [['serve', 'more'], 'too many arguments'],
  ])('kv %j', async (argv, message) => {
    const { code, stdout, stderr } = await kv(...argv);
    expect(stderr).toMatch(/^error: .*\n$/);
    expect(stderr).toContain(message);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});

test('the help of the program lists every command and the exit codes', async () => {
  const { code, stdout, stderr } = await kv('--help');
  for (const name of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
  expect(stdout).toContain('Exit codes:');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test.each(COMMANDS)(
  'kv %s --help has a description, an example and the exit codes',
  async (name) => {
    const { code, stdout, stderr } = await kv(name, '--help');
    expect(stdout).toMatch(new RegExp(`^Usage: kv ${name} .*\n\n[A-Z].*\\.$`, 'm'));
    expect(stdout).toContain(`Examples:\n  $ kv ${name}`);
    expect(stdout).toContain('Exit codes:');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await kv('help', name)).toEqual({ code, stdout, stderr });
  },
);

test('without a command, the help is an error', async () => {
  const { code, stdout, stderr } = await kv();
  expect(stderr).toContain('Usage: kv');
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
});

test('the version is that of the package', async () => {
  const { version } = JSON.parse(await readText('../package.json'));
  expect(await kv('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

test('the README has every flag, and no other', async () => {
  const helps = await Promise.all(
    [[], ...COMMANDS.map((name) => [name])].map((argv) => kv(...argv, '--help')),
  );
  const inHelp = helps.flatMap(({ stdout }) => stdout.match(/(?<=^ {2}(?:-\w, )?)--[a-z-]+/gm));
  const inReadme = (await readText('../README.md')).match(/(?<=`(?:kv )?)--[a-z][a-z-]*/g);
  expect([...new Set(inReadme)].sort()).toEqual([...new Set(inHelp)].sort());
});
