import { dataSet, RandomIndexes } from '../data.js';
import { work } from '../processes/worker.js';
import { rateInFlight } from '../rate-in-flight.js';
import { CLIENTS, type ClientName } from './clients.js';

export interface ClientTask {
  readonly client: ClientName;
  readonly port: number;
  readonly inFlight: number;
  readonly keys: number;
}

await work<ClientTask>(async ({ client: name, port, inFlight, keys: size }) => {
  const data = dataSet(size);
  const indexes = new RandomIndexes(size);
  const client = await CLIENTS[name].open(port);
  await client.fill(data);
  return {
    rate: (durationMs) => rateInFlight(hget, inFlight, durationMs),
    close: () => client.close(),
  };

  async function hget(): Promise<void> {
    const index = indexes.next();
    const value = await client.hget(data.keys[index] as string);
    if (value !== data.values[index]) throw new Error(`A wrong answer: ${value}`);
  }
});
