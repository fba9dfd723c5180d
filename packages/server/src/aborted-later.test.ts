import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { abortedLater } from './aborted-later.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('is aborted so long after the other is, for the same reason', () => {
  const stop = new AbortController();
  const later = abortedLater(stop.signal, 1000);
  vi.advanceTimersByTime(60_000);
  stop.abort('SIGTERM');
  vi.advanceTimersByTime(999);
  expect(later.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect([later.aborted, later.reason]).toEqual([true, 'SIGTERM']);
});

test('waits as long for one that is aborted already', () => {
  const later = abortedLater(AbortSignal.abort(), 1000);
  expect(later.aborted).toBe(false);
  vi.advanceTimersByTime(1000);
  expect(later.aborted).toBe(true);
});
