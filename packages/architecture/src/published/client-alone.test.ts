import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Engine } from '@kv/core';
import { TcpTransport } from '@kv/transport-tcp';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { Application } from './application.js';
import { bytesOf } from './files.js';
import { moduleKinds } from './module-kinds.js';

let application: Application;

beforeAll(async () => {
  const { client, protocol } = inject('tarballs');
  application = await Application.create([client?.file ?? '', protocol?.file ?? '']);
});
afterAll(() => application?.remove());

describe('an application that has the client alone', () => {
  it('has nothing of the engine', () => {
    const installed = join(application.folder, 'node_modules');
    expect(readdirSync(join(installed, '@kv')).sort()).toEqual(['client', 'protocol']);
  });

  it('is within the budget of what a client brings with it', () => {
    const mib = bytesOf(join(application.folder, 'node_modules')) / 1024 / 1024;
    // Nearly all of it is the protobuf runtime.
    expect(mib).toBeLessThan(3);
  });

  it.each(moduleKinds)('talks to a server, by $loaded', async ({ ending, rewrite }) => {
    const engine = new Engine();
    const transport = new TcpTransport(engine);
    onTestFinished(() => transport.close());
    const { url } = await transport.listen({ port: 0 });
    const code = `import { connect } from '@kv/client';
const kv = await connect('${url}');
await kv.hset('users', 'u1', 'Tyr');
console.log(await kv.hget('users', 'u1'));
await kv.close();
`;
    expect(await application.runModule(`main.${ending}`, rewrite(code))).toEqual(['Tyr']);
  });
});
