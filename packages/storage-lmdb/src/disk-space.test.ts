import { statfsSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { hasRoom } from './disk-space.js';

vi.mock('node:fs', () => ({ statfsSync: vi.fn() }));

const none = (): number => 0;

function freeBlocks(bavail: number): void {
  vi.mocked(statfsSync).mockReturnValue({ bavail, bsize: 4096 } as ReturnType<typeof statfsSync>);
}

it('a commit has room if there is some for a few pages, for those who are no superuser', () => {
  freeBlocks(15);
  expect(hasRoom('/data', 0, 0, none)).toBe(false);
  freeBlocks(16);
  expect(hasRoom('/data', 0, 0, none)).toBe(true);
  expect(statfsSync).toHaveBeenCalledWith('/data');
});

it('what is stored needs room, twice as much as it has bytes', () => {
  freeBlocks(16 + 19);
  expect(hasRoom('/data', 0, 40_960, none)).toBe(false);
  freeBlocks(16 + 20);
  expect(hasRoom('/data', 0, 40_960, none)).toBe(true);
});

it('each change needs room for the pages that it replaces, as far as there are any', () => {
  const fileBytes = (): number => 1024 * 4096;
  freeBlocks(16 + 199);
  expect(hasRoom('/data', 100, 0, fileBytes)).toBe(false);
  freeBlocks(16 + 200);
  expect(hasRoom('/data', 100, 0, fileBytes)).toBe(true);
  freeBlocks(16 + 2 * 1024);
  expect(hasRoom('/data', 10_000, 0, fileBytes)).toBe(true);
});

it('a disk of which nothing is known is taken to have room', () => {
  vi.mocked(statfsSync).mockImplementation(() => {
    throw new Error('There is no such file');
  });
  expect(hasRoom('/data', 1, 1, none)).toBe(true);
});
