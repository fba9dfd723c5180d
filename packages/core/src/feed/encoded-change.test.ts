import { describe, expect, it } from 'vitest';
import { encodedChange } from './encoded-change.js';
import type { FeedChange } from './feed-change.js';

function changeOf(value: string): FeedChange {
  return {
    ...{ position: { epoch: 1, sequence: 1 }, table: 't', key: 'k', cause: 'set' },
    ...{ value, old: undefined, oldKnown: true },
  };
}

describe.each([
  ['small', 'x', true],
  ['large', 'x'.repeat(100_000), false],
])('a %s change', (_, value, isKept) => {
  it('is encoded once for those who ask one after the other', async () => {
    const change = changeOf(value);
    const { buffer } = encodedChange(change);
    expect(encodedChange(change).buffer).toBe(buffer);
  });

  it(`is ${isKept ? '' : 'not '}kept for those who ask later`, async () => {
    const change = changeOf(value);
    const first = encodedChange(change);
    await Promise.resolve();
    const second = encodedChange(change);
    expect(second.buffer === first.buffer).toBe(isKept);
    expect(Buffer.compare(first, second)).toBe(0);
  });
});
