import fs from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { nodeFileSystem } from './node-file-system.js';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kv-files-'));
  onTestFinished(() => rm(directory, { recursive: true }));
});

const path = (name: string): string => join(directory, name);
const withCode = (code: string) => expect.objectContaining({ code });

/** Has the system read and write three bytes at a time. */
function takeFewAtATime(): void {
  const { write, writeSync, read } = fs;
  type Count = (fd: number, bytes: Buffer, from: number, count: number, at: number) => number;
  type Done = (error: Error | null, count: number) => void;
  type Call = (...args: [...Parameters<Count>, done: Done]) => void;
  const few =
    (call: Call): Call =>
    (fd, bytes, from, count, at, done) =>
      call(fd, bytes, from, Math.min(count, 3), at, done);
  const fewSync: Count = (fd, bytes, from, count, at) =>
    writeSync(fd, bytes, from, Math.min(count, 3), at);
  vi.spyOn(fs, 'write').mockImplementation(few(write) as typeof write);
  vi.spyOn(fs, 'read').mockImplementation(few(read as Call) as typeof read);
  vi.spyOn(fs, 'writeSync').mockImplementation(fewSync as typeof writeSync);
  onTestFinished(() => void vi.restoreAllMocks());
}

describe.each([false, true])('a file that is durable: %s', (durable) => {
  it('has what was written, where it was written', async () => {
    const file = await nodeFileSystem.open(path('a'), { create: true, durable });
    await file.write(Buffer.from('cdef'), 2);
    file.writeSync(Buffer.from('ab'), 0);
    await file.datasync();
    expect(await file.size()).toBe(6);
    const into = Buffer.alloc(10, 'x');
    expect(await file.read(into, 1)).toBe(5);
    expect(into.toString()).toBe('bcdefxxxxx');
    expect(await file.read(into, 6)).toBe(0);
    await file.truncate(3);
    await file.close();
    expect(fs.readFileSync(path('a'), 'utf8')).toBe('abc');
  });

  it('is written to the end, if the system takes it in pieces', async () => {
    const file = await nodeFileSystem.open(path('a'), { create: true, durable });
    takeFewAtATime();
    await file.write(Buffer.from('0123456789'), 0);
    file.writeSync(Buffer.from('0123456789'), 10);
    const into = Buffer.alloc(30);
    expect(await file.read(into, 0)).toBe(20);
    expect(into.toString('utf8', 0, 20)).toBe('01234567890123456789');
    await file.close();
  });

  it('fails when there is no room', async () => {
    const file = await nodeFileSystem.open('/dev/full', { durable });
    await expect(file.write(Buffer.from('a'), 0)).rejects.toThrow(withCode('ENOSPC'));
    expect(() => file.writeSync(Buffer.from('a'), 0)).toThrow(withCode('ENOSPC'));
    await file.close();
  });
});

describe('a file that is opened', () => {
  it('must be there, unless it is made', async () => {
    await expect(nodeFileSystem.open(path('a'))).rejects.toThrow(withCode('ENOENT'));
    const file = await nodeFileSystem.open(path('a'), { create: true });
    await file.write(Buffer.from('a'), 0);
    await file.close();
    const again = await nodeFileSystem.open(path('a'));
    expect(await again.size()).toBe(1);
    await again.close();
    const emptied = await nodeFileSystem.open(path('a'), { create: true });
    expect(await emptied.size()).toBe(0);
    await emptied.close();
  });

  it('cannot be written if it is only read', async () => {
    fs.writeFileSync(path('a'), 'abc');
    const file = await nodeFileSystem.open(path('a'), { readOnly: true });
    await expect(file.write(Buffer.from('x'), 0)).rejects.toThrow(withCode('EBADF'));
    await file.close();
  });

  it('is readable by nobody else', async () => {
    await (await nodeFileSystem.open(path('a'), { create: true })).close();
    expect(fs.statSync(path('a')).mode & 0o077).toBe(0);
  });
});

describe('a directory', () => {
  it('has files that are listed, renamed and removed', async () => {
    for (const name of ['a', 'b', 'c']) fs.writeFileSync(path(name), name);
    await nodeFileSystem.rename(path('a'), path('b'));
    await nodeFileSystem.remove(path('c'));
    await nodeFileSystem.syncDirectory(directory);
    expect(await nodeFileSystem.list(directory)).toEqual(['b']);
    expect(fs.readFileSync(path('b'), 'utf8')).toBe('a');
    await expect(nodeFileSystem.remove(path('c'))).rejects.toThrow(withCode('ENOENT'));
    await expect(nodeFileSystem.syncDirectory(path('d'))).rejects.toThrow(withCode('ENOENT'));
  });
});
