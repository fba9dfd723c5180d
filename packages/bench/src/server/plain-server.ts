import { Engine, MemoryStorage } from '@kv/core';
import { TcpTransport } from '@kv/transport-tcp';

// A server whose storage has no lane, in a process of its own: every request becomes a message.

const engine = new Engine({ storage: new MemoryStorage() });
const transport = new TcpTransport(engine);
const { url } = await transport.listen({ port: 0 });
console.log(`kv listens on ${url}`);
process.once('SIGTERM', async () => {
  await transport.close();
  await engine.close();
});
