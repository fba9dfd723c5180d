import { statfs } from 'node:fs/promises';
import { expect, it, vi } from 'vitest';
import { isDiskFull } from './disk-space.js';

vi.mock('node:fs/promises', () => ({ statfs: vi.fn() }));

function freeBlocks(bavail: number): void {
  vi.mocked(statfs).mockResolvedValue({ bavail, bsize: 4096 } as Awaited<
    ReturnType<typeof statfs>
  >);
}

it('a disk is full when there is no room for a few pages, for those who are no superuser', async () => {
  freeBlocks(15);
  expect(await isDiskFull('/data')).toBe(true);
  freeBlocks(16);
  expect(await isDiskFull('/data')).toBe(false);
  expect(statfs).toHaveBeenCalledWith('/data');
});

it('a disk of which nothing is known is not said to be full', async () => {
  vi.mocked(statfs).mockRejectedValue(new Error('There is no such file'));
  expect(await isDiskFull('/data')).toBe(false);
});
