import { KvError } from '@kv/core';
import { isPromise } from '@kv/protocol';
import { describe, expect, it } from 'vitest';
import { HeldStorage } from './held-storage.js';

describe('HeldStorage', () => {
  it('answers as its inner storage does, where nothing is held', () => {
    const storage = new HeldStorage();
    storage.hold('slow');
    expect(storage.set('table', 'fast', 1n)).toBeUndefined();
    expect(storage.get('table', 'fast')).toBe(1n);
  });

  it('does at once what it answers later', async () => {
    const storage = new HeldStorage();
    const hold = storage.hold('slow');
    const setting = storage.set('table', 'slow', 1n);
    expect(isPromise(setting)).toBe(true);
    await hold.reached;
    expect(storage.getAll('table')).toStrictEqual([['slow', 1n]]);
    hold.release();
    expect(await setting).toBeUndefined();
    expect(storage.get('table', 'slow')).toBe(1n);
  });

  it('answers in the order in which holds are released', async () => {
    const storage = new HeldStorage();
    const [one, two] = [storage.hold('one'), storage.hold('two')];
    const answered: string[] = [];
    const calls = [
      Promise.resolve(storage.get('table', 'one')).then(() => answered.push('one')),
      Promise.resolve(storage.contains('table', 'two')).then(() => answered.push('two')),
    ];
    two.release();
    await calls[1];
    expect(answered).toStrictEqual(['two']);
    one.release();
    await Promise.all(calls);
    expect(answered).toStrictEqual(['two', 'one']);
  });

  it('holds a call until every key that it names is released', async () => {
    const storage = new HeldStorage();
    const [one, two] = [storage.hold('one'), storage.hold('two')];
    const held = [
      storage.getMany('table', ['one', 'two']),
      storage.write('table', [
        { op: 'set', key: 'one', value: 1n },
        { op: 'delete', key: 'two' },
      ]),
    ];
    let answers: unknown;
    const all = Promise.all(held).then((both) => {
      answers = both;
    });
    one.release();
    await storage.get('table', 'one');
    expect(answers).toBeUndefined();
    two.release();
    await all;
    expect(answers).toStrictEqual([
      [undefined, undefined],
      [undefined, undefined],
    ]);
  });

  it('fails the calls that wait, and no later one', async () => {
    const storage = new HeldStorage();
    const hold = storage.hold('broken');
    const deleting = storage.del('table', 'broken');
    const error = new KvError('STORAGE_FAILURE', 'The disk is full');
    hold.fail(error);
    await expect(deleting).rejects.toBe(error);
    expect(storage.del('table', 'broken')).toBeUndefined();
  });

  it('has one hold for a key, and releases all', async () => {
    const storage = new HeldStorage();
    const hold = storage.hold('slow');
    expect(storage.hold('slow')).toBe(hold);
    storage.hold('slower');
    const calls = ['slow', 'slower'].map((key) => storage.get('table', key));
    storage.releaseAll();
    expect(await Promise.all(calls)).toStrictEqual([undefined, undefined]);
    expect(storage.hold('slow')).not.toBe(hold);
  });
});
