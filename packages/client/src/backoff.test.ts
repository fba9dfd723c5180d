import { describe, expect, it } from 'vitest';
import { reconnectDelay } from './backoff.js';

describe('the delay before an attempt to reconnect', () => {
  it('doubles its longest time from attempt to attempt, up to the maximum', () => {
    const longest = [0, 1, 2, 3, 4, 1000].map((attempt) =>
      reconnectDelay(attempt, 50, 500, () => 1),
    );
    expect(longest).toEqual([50, 100, 200, 400, 500, 500]);
  });

  it('is a random part of that', () => {
    expect(reconnectDelay(2, 50, 500, () => 0)).toBe(0);
    expect(reconnectDelay(2, 50, 500, () => 0.25)).toBe(50);
  });
});
