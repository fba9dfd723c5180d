import { expect, it } from 'vitest';
import { SimulatedClock, settled } from '../testing/simulated-clock.js';
import { HistoryReaders } from './history-readers.js';

it('readers take turns also if some cannot begin', async () => {
  const noMemory = new RangeError('Array buffer allocation failed');
  const readers = new HistoryReaders(() => {
    throw noMemory;
  }, new SimulatedClock());
  const failures: unknown[] = [];
  for (let i = 0; i < 10; i++) {
    readers.read(0, 1, () => true).catch((error: unknown) => failures.push(error));
  }
  await settled();
  expect(failures).toEqual(Array(10).fill(noMemory));
  await readers.close();
});
