import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { sayingHowLong } from './saying-how-long.js';
import { TestOutput } from './testing/test-io.js';

let stderr: TestOutput;
beforeEach(() => {
  stderr = new TestOutput();
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('says nothing of what is quick', async () => {
  expect(await sayingHowLong('working', 'done', stderr)).toBe('done');
  await expect(sayingHowLong('working', Promise.reject('broken'), stderr)).rejects.toBe('broken');
  vi.advanceTimersByTime(60_000);
  expect(stderr.text).toBe('');
});

it('says every three seconds that it goes on', async () => {
  void sayingHowLong('working', new Promise(() => {}), stderr);
  vi.advanceTimersByTime(2_999);
  expect(stderr.text).toBe('');
  vi.advanceTimersByTime(3_001);
  expect(stderr.text).toBe('kv is working, for 3 seconds now\nkv is working, for 6 seconds now\n');
});
