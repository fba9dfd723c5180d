import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { CertificateAuthority, type IssuedCertificate } from '@kv/test-certificates';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { run } from './main.js';
import { KvProcess } from './testing/kv-process.js';
import { TestIo } from './testing/test-io.js';

const authority = await CertificateAuthority.create();
const stranger = await CertificateAuthority.create('a stranger');

/** The files, by what is in them. */
const files: Record<string, string> = {};
let directory: string;

async function save(name: string, content: string): Promise<void> {
  files[name] = join(directory, name);
  await writeFile(files[name], content);
}

async function saveBoth(name: string, { cert, key }: IssuedCertificate): Promise<void> {
  await save(`${name}.crt`, cert);
  await save(`${name}.key`, key);
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kv-'));
  await save('ca.crt', authority.cert);
  await save('garbage', 'BEGIN SECRET certificate');
  await saveBoth('server', await authority.issueServer());
  await saveBoth('client', await authority.issue({ commonName: 'client' }));
  await saveBoth('impostor', await stranger.issue({ commonName: 'client' }));
});
afterAll(() => rm(directory, { recursive: true }));

const running: { io: TestIo; ended: Promise<unknown> }[] = [];
afterEach(async () => {
  for (const { io, ended } of running.splice(0)) {
    io.signal('SIGTERM');
    await ended;
  }
  await KvProcess.killAll();
});

/** Flags, in which `server.crt` and so on stand for the files. */
const flags = (line: string): string[] => line.split(' ').map((word) => files[word] ?? word);
const SERVE = 'serve --port 0 --tls-cert server.crt --tls-key server.key';
const MUTUAL = `${SERVE} --tls-client-auth --tls-ca ca.crt`;

async function start(line: string): Promise<[url: string, io: TestIo]> {
  const io = new TestIo();
  const ended = run(flags(line), io);
  running.push({ io, ended });
  await Promise.race([io.stdout.written, ended]);
  expect(io.stderr.text).toBe('');
  return [io.stdout.text.trim().replace('kv listens on ', ''), io];
}

/** The exit code, and what is said with it. */
async function kv(url: string, line: string): Promise<[code: number, said: string]> {
  const io = new TestIo({ KV_URL: url });
  const code = await run(flags(line), io);
  return [code, io.stdout.text + io.stderr.text];
}

/** The common name of the certificate that a server shows. */
async function shown(url: string): Promise<unknown> {
  const { hostname: host, port } = new URL(url);
  const options = { host, port: Number(port), ca: authority.cert };
  return new Promise((resolve, reject) => {
    const socket = connect(options, () => {
      resolve(socket.getPeerCertificate().subject.CN);
      socket.destroy();
    }).on('error', reject);
  });
}

describe('kv serve with a certificate', () => {
  test('serves those who trust it', async () => {
    const [url] = await start(SERVE);
    expect(url).toMatch(/^kvs:\/\/127\.0\.0\.1:\d+$/);
    expect(await kv(url, 'hset users u1 Tyr --tls-ca ca.crt')).toEqual([0, '(none)\n']);
    const [code, said] = await kv(url, 'hget users u1');
    expect([code, said]).toEqual([
      3,
      // Newer versions of Node go on to say what might help.
      expect.stringMatching(
        /^error: Cannot reach kvs:.* unable to verify the first certificate.*\n$/,
      ),
    ]);
  });

  test('serves only those who are vouched for, if it is told to', async () => {
    const [url] = await start(MUTUAL);
    const client = 'hexist users u1 --tls-ca ca.crt';
    expect(await kv(url, `${client} --tls-cert client.crt --tls-key client.key`)).toEqual([
      1,
      'false\n',
    ]);
    for (const other of [client, `${client} --tls-cert impostor.crt --tls-key impostor.key`]) {
      const [code, said] = await kv(url, other);
      expect([code, said]).toEqual([3, expect.stringMatching(/^error: .*\n$/)]);
    }
  });

  test('serves on a unix socket, too, under the name in its certificate', async () => {
    const path = join(directory, 'kv.sock');
    const [url] = await start(SERVE.replace('--port 0', `--path ${path}`));
    expect(await kv(url, 'hexist users u1 --tls-ca ca.crt')).toEqual([1, 'false\n']);
    const [code, said] = await kv(url, 'hexist users u1 --tls-ca ca.crt --tls-servername kv.test');
    expect([code, said]).toEqual([3, expect.stringContaining('kv.test')]);
  });

  test.each([
    [SERVE, ', without authentication (--tls-client-auth)'],
    [MUTUAL, undefined],
  ])('and open to other machines, %s says what is missing', async (line, missing) => {
    const io = new TestIo();
    running.push({ io, ended: run(flags(`${line} --host 0.0.0.0`), io) });
    await io.stdout.written;
    const url = io.stdout.text.trim().replace('kv listens on ', '');
    if (missing !== undefined) await io.stderr.written;
    expect(await shown(url.replace('0.0.0.0', '127.0.0.1'))).toBe('localhost');
    expect(io.stderr.text).toBe(
      missing === undefined ? '' : `warning: ${url} is open to other machines${missing}\n`,
    );
  });
});

describe('what makes no sense is one line and exit code 2', () => {
  test.each([
    ['serve --tls-cert server.crt', '--tls-cert and --tls-key need each other'],
    ['serve --tls-key server.key', '--tls-cert and --tls-key need each other'],
    [`${SERVE} --tls-client-auth`, '--tls-client-auth and --tls-ca need each other'],
    [`${SERVE} --tls-ca ca.crt`, '--tls-client-auth and --tls-ca need each other'],
    ['serve --tls-client-auth --tls-ca ca.crt', 'needs --tls-cert and --tls-key'],
    [`${SERVE} --tls-handshake 0`, '--tls-handshake'],
    ['serve --tls-cert nowhere --tls-key server.key', 'cannot read --tls-cert: ENOENT'],
    ['serve --tls-cert server.crt --tls-key /', 'cannot read --tls-key: EISDIR'],
    ['serve --tls-cert server.crt --tls-key client.key', 'key values mismatch'],
    ['serve --tls-cert garbage --tls-key server.key', 'no start line'],
    [`${SERVE} --tls-client-auth --tls-ca garbage`, 'is no certificate'],
    ['hget users u1 --url kvs://localhost --tls-cert client.crt', 'need each other'],
    ['hget users u1 --url kvs://localhost --tls-ca nowhere', 'cannot read --tls-ca: ENOENT'],
    ['hget users u1 --url kv://localhost --tls-ca ca.crt', 'The option tls is for kvs://'],
  ])('kv %s', async (line, message) => {
    const io = new TestIo();
    expect(await run(flags(line), io)).toBe(2);
    expect(io.stdout.text).toBe('');
    expect(io.stderr.text).toMatch(/^error: .*\n$/);
    expect(io.stderr.text).toContain(message);
    expect(io.stderr.text).not.toMatch(/BEGIN|SECRET/);
  });
});

describe('reloading', () => {
  test('shows the new certificate, or says in a line why it still shows the old one', async () => {
    await saveBoth('renewed', await authority.issueServer('one'));
    const [url, io] = await start(SERVE.replaceAll('server.', 'renewed.'));
    expect(await shown(url)).toBe('one');

    await saveBoth('renewed', await authority.issueServer('two'));
    io.reload();
    await vi.waitFor(() =>
      expect(io.stdout.text).toContain('\nkv has reloaded its certificates\n'),
    );
    expect(await shown(url)).toBe('two');

    await save('renewed.crt', authority.cert);
    io.reload();
    await io.stderr.written;
    expect(io.stderr.text).toMatch(
      /^error: certificates not reloaded: .*\.crt and .*\.key do not work together: .*\n$/,
    );
    expect(await shown(url)).toBe('two');
  });

  test('is what SIGHUP asks a process for', { timeout: 60_000 }, async () => {
    await saveBoth('renewed', await authority.issueServer('one'));
    const server = KvProcess.start(...flags(SERVE.replaceAll('server.', 'renewed.')));
    const url = await server.url();
    expect(await shown(url)).toBe('one');
    await saveBoth('renewed', await authority.issueServer('two'));
    server.signal('SIGHUP');
    await vi.waitFor(async () => expect(await shown(url)).toBe('two'), { timeout: 30_000 });
    server.signal('SIGTERM');
    expect(await server.ended).toMatchObject({ code: 0, stderr: '' });
  });
});
