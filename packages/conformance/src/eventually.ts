import { vi } from 'vitest';

/** Waits until `check` throws no more; what it last threw is thrown when it never does. */
export async function eventually(check: () => void): Promise<void> {
  await vi.waitFor(check, { timeout: 4_000, interval: 2 });
}
