import { commandRequest, KvError, okResponse, type Value, valueToMessage } from '@kv/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Engine } from './engine.js';
import { MemoryStorage } from './storage/memory-storage.js';
import type { Storage } from './storage/storage.js';

/** What a peer sends, and what has to be waited for on its way. */
interface Sending {
  readonly readable: boolean;
  readonly hookWaits: boolean;
  readonly storageWaits: boolean;
}

const sending: fc.Arbitrary<Sending> = fc.record({
  readable: fc.boolean(),
  hookWaits: fc.boolean(),
  storageWaits: fc.boolean(),
});

describe('a session', () => {
  it('starts and answers requests in the order in which they came, whatever has to be waited for', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(sending, { maxLength: 8 }), async (s, sendings) => {
        const started: string[] = [];
        const read = (_: string, key: string): Value | Promise<Value> => {
          started.push(key);
          return sendings[Number(key)]?.storageWaits ? s.schedule(Promise.resolve(key)) : key;
        };
        const storage: Storage = Object.assign(new MemoryStorage(), { get: read });
        const engine = new Engine({ storage });
        engine.hooks.on('requestReceived', async ({ request: { requestData } }) => {
          const key = requestData.case === 'hget' ? requestData.value.key : '';
          if (sendings[Number(key)]?.hookWaits) await s.schedule(Promise.resolve());
        });
        const session = engine.openSession({ transport: 'test', address: 'here' });

        const answered: unknown[] = [];
        for (const [i, { readable }] of sendings.entries()) {
          const send = (response: unknown): void => void answered.push([i, response]);
          if (readable) session.receive(commandRequest('hget', { table: 't', key: `${i}` }), send);
          else session.refuse(new KvError('TOO_LARGE', `${i}`), send);
        }
        await s.waitIdle();

        const keys = [...sendings.keys()].map(String);
        expect(started).toEqual(keys.filter((_, i) => sendings[i]?.readable));
        expect(answered).toEqual(
          sendings.map(({ readable }, i) => [
            i,
            readable
              ? okResponse([valueToMessage(`${i}`)])
              : { ...okResponse([]), status: 413, message: `${i}` },
          ]),
        );
        expect([session.pending, engine.stats().inFlight]).toEqual([0, 0]);
      }),
    );
  });
});
