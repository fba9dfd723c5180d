import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { promisedLines, unitTest, uses } from '../readme.js';
import { manifest, ROOT, toolVersions } from '../repository.js';
import { Application } from './application.js';
import { moduleKinds, withOursRequired } from './module-kinds.js';

let application: Application;

beforeAll(async () => {
  const ours = Object.values(inject('tarballs')).map(({ file }) => file);
  const tools = ['vitest', '@types/node'].map((name) => `${name}@${toolVersions()[name]}`);
  application = await Application.create([...ours, ...tools]);
});
afterAll(() => application?.remove());

describe.each(moduleKinds)('in an application, by $loaded', ({ ending, rewrite }) => {
  it.each(uses.map((code, i) => [i + 1, code] as const))(
    "the README's use %i prints what it says",
    async (number, code) => {
      const printed = await application.runModule(`use-${number}.${ending}`, rewrite(code));
      expect(printed).toEqual(promisedLines(code));
    },
  );

  // Nothing was compiled when they were installed, and no script was run.
  it.each([
    ['WalStorage', "import { WalStorage } from '@kv/storage-wal';"],
    ['LevelStorage', "import { LevelStorage } from '@kv/storage-level';"],
    ['LmdbStorage', "import { LmdbStorage } from '@kv/storage-lmdb';"],
  ])('%s keeps what was stored', async (storageClass, load) => {
    const directory = `${storageClass}-${ending}`;
    const code = `import { Engine } from '@kv/core';
${load}
for (const value of ['Tyr', 'Freyja']) {
  const storage = await ${storageClass}.open({ directory: '${directory}' });
  const engine = new Engine({ storage });
  console.log(await engine.client().hset('users', 'u1', value));
  await engine.close();
}
`;
    const printed = await application.runModule(`${storageClass}.${ending}`, rewrite(code));
    expect(printed).toEqual(['null', 'Tyr']);
  });
});

describe('in an application with vitest', () => {
  it.each([
    ['import', (code: string) => code],
    ['require()', withOursRequired],
  ] as const)("the README's unit test passes, by %s", async (loaded, rewrite) => {
    const name = `use-3-${loaded.replace('()', '')}.test.mjs`;
    await application.write(name, rewrite(unitTest));
    expect(await application.run('npx', 'vitest', 'run', '--no-color', name)).toMatch(
      /Tests\s+1 passed/,
    );
  });

  it('the suite for storage engines runs', async () => {
    await application.write(
      'storage.test.mjs',
      `import { storageSuite } from '@kv/conformance';
       import { MemoryStorage } from '@kv/core';
       storageSuite({ name: 'memory', open: () => new MemoryStorage() });`,
    );
    const printed = await application.run('npx', 'vitest', 'run', '--no-color', 'storage.test.mjs');
    expect(printed).toMatch(/Tests\s+\d{2,} passed/);
  });

  it('the suite for storage engines whose process is killed runs, and finds out one that forgets', async () => {
    await application.write(
      'crash-worker.mjs',
      `import { MemoryStorage } from '@kv/core';
       export default { open: () => new MemoryStorage() };`,
    );
    await application.write(
      'crash.test.mjs',
      `import { crashSuite } from '@kv/conformance';
       const worker = new URL('crash-worker.mjs', import.meta.url);
       crashSuite({ name: 'memory', worker, directory: '.' });`,
    );
    const running = application.run('npx', 'vitest', 'run', '--no-color', 'crash.test.mjs');
    await expect(running).rejects.toThrow(/has nothing, as at the last opening\. It can only have/);
  });
});

describe('in an application in TypeScript', () => {
  const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
  const strict = '--strict --noEmit --module nodenext --target es2023 --types node'.split(' ');

  it('the public types are sound, ours and those that they name', async () => {
    await application.write(
      'main.mts',
      `import { connect, KvError as ClientError } from '@kv/client';
       import { Engine, KvError, MemoryStorage, type KvClient, type Message, type Storage, type Subscription, type Value } from '@kv/core';
       import { CommandClient } from '@kv/protocol';
       import { type Io, run } from '@kv/server';
       import { LevelStorage } from '@kv/storage-level';
       import { LmdbStorage } from '@kv/storage-lmdb';
        import { WalStorage } from '@kv/storage-wal';
       import { TcpTransport } from '@kv/transport-tcp';

       export const storages = (directory: string): Promise<Storage>[] => [
          LevelStorage.open({ directory }),
          LmdbStorage.open({ directory }),
          WalStorage.open({ directory }),
        ];
       const engine = new Engine({ storage: new MemoryStorage() });
       engine.hooks.on('requestReceived', ({ request, state }) => {
         if (request.requestData.case === 'hset') state.set('table', request.requestData.value.table);
       });
       const { url } = await new TcpTransport(engine).listen({ port: 0 });
       const clients: KvClient[] = [engine.client(), await connect(url)];
       for (const kv of clients) {
         const value: Value | null = await kv.hset('users', 'u1', 42n);
         if (typeof value === 'bigint') value.toString(16);
         const chat: Subscription = await kv.subscribe({ pattern: 'chat.*' });
         chat.emitter().on('item', ({ topic, values }: Message) => values.map((each) => [topic, each]));
         for await (const { values } of chat) values.map((each: Value) => typeof each);
         if (kv instanceof CommandClient) await kv.close();
       }
       export const same: typeof KvError = ClientError;
       export const stored = async (): Promise<Engine> =>
         new Engine({ storage: await LmdbStorage.open({ directory: 'data', sync: false }) });
       export const kv = (io: Io): Promise<number> => run([], io);`,
    );
    await application.run(process.execPath, TSC, ...strict, 'main.mts');
  });

  it('options may be undefined where they may be absent, for targets and rules of any kind', async () => {
    await application.write(
      'options.mts',
      `import { Client, KvError } from '@kv/client';
       import { Engine, SlabStorage } from '@kv/core';
       import { TcpTransport } from '@kv/transport-tcp';

       const storage = new SlabStorage({ maxBytes: undefined });
       const limits = { maxKeyBytes: undefined };
       const engine = new Engine({ storage, limits, onError: undefined });
       const transport = new TcpTransport(engine, { maxFrameBytes: undefined, drainMs: undefined });
       await transport.listen({ host: undefined, port: undefined, tls: undefined });
       const kv = new Client('kv://localhost', { timeoutMs: undefined, tls: undefined });
       kv.hscan('t', { prefix: undefined, pageSize: undefined, signal: undefined });
       void kv.subscribe('t', { maxBytes: undefined, overflow: undefined, onGap: undefined });
       throw new KvError('INTERNAL', 'why', { cause: undefined });`,
    );
    const rules = [...strict, '--exactOptionalPropertyTypes', '--target', 'es2020'];
    await application.run(process.execPath, TSC, ...rules, 'options.mts');
  });

  it('types hold a mistake against who makes it', async () => {
    await application.write(
      'wrong.mts',
      `import { Engine } from '@kv/core';
       await new Engine().client().hset('users', 'u1', { name: 'Tyr' });`,
    );
    const compiling = application.run(process.execPath, TSC, ...strict, 'wrong.mts');
    await expect(compiling).rejects.toThrow('wrong.mts(2,');
  });

  it('types are there for require() too', async () => {
    await application.write(
      'main.cts',
      `import core = require('@kv/core');
       import client = require('@kv/client');
       export const engine: core.Engine = new core.Engine();
       export const connect: typeof client.connect = client.connect;`,
    );
    await application.run(process.execPath, TSC, ...strict, 'main.cts');
  });
});

describe('in an application that has the server', () => {
  it('kv is a command', async () => {
    const printed = await application.run('npx', '--no-install', 'kv', '--version');
    expect(printed.trim()).toBe(manifest('server').version);
  });
});
