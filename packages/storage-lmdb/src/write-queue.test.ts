import type { WriteOp } from '@kv/core';
import { KvError, type Value } from '@kv/protocol';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { HeldCommits } from './testing/held-commits.js';
import { WriteQueue } from './write-queue.js';

const set = (key: string, value: Value): WriteOp => ({ op: 'set', key, value });
const del = (key: string): WriteOp => ({ op: 'delete', key });

const FAILURE = new KvError('STORAGE_FAILURE', 'The database cannot be written');

let commits: HeldCommits;
let queue: WriteQueue;
beforeEach(() => {
  commits = new HeldCommits();
  queue = new WriteQueue(commits);
});

/** What a key has, for whoever asks now. */
function get(key: string): unknown {
  const change = queue.pending('t', key);
  return change === undefined ? commits.get('t', key) : queue.valueOf(change);
}

/** Whether a promise is settled, or about to be. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const note = (): void => {
    settled = true;
  };
  promise.then(note, note);
  await new Promise(setImmediate);
  return settled;
}

describe('changes', () => {
  it('that are called in one go are committed together', async () => {
    const old = [
      queue.set('t', 'a', 1n),
      queue.set('u', 'b', 2n),
      queue.write('t', [set('c', 3n)]),
    ];
    await commits.release();
    expect(await Promise.all(old)).toEqual([undefined, undefined, [undefined]]);
    expect(commits.begun).toEqual([['a=1', 'b=2', 'c=3']]);
  });

  it('are answered when they are committed, and not before', async () => {
    const old = queue.set('t', 'a', 1n);
    await commits.beginning();
    expect(await isSettled(old)).toBe(false);
    await commits.release();
    expect(await old).toBeUndefined();
  });

  it('that come while a commit is under way are committed together, next', async () => {
    const first = queue.set('t', 'a', 1n);
    await commits.beginning();
    const later = [queue.set('t', 'b', 2n), queue.set('t', 'a', 3n)];
    await commits.release();
    await first;
    await commits.release();
    expect(await Promise.all(later)).toEqual([undefined, 1n]);
    expect(commits.begun).toEqual([['a=1'], ['b=2', 'a=3']]);
  });

  it('of one key answer what the one before them left, and the last one is written', async () => {
    commits.put('t', 'a', 'old');
    const old = [
      queue.set('t', 'a', 1n),
      queue.del('t', 'a'),
      queue.del('t', 'a'),
      queue.set('t', 'a', 2n),
      queue.write('t', [set('a', 3n), del('a'), set('a', 4n)]),
    ];
    await commits.release();
    expect(await Promise.all(old)).toEqual(['old', 1n, undefined, undefined, [2n, 3n, undefined]]);
    expect(commits.begun).toEqual([['a=4']]);
  });

  it('of the same key in two tables are changes of two keys', async () => {
    const old = [queue.set('t', 'a', 1n), queue.set('u', 'a', 2n), queue.del('t', 'a')];
    await commits.release();
    expect(await Promise.all(old)).toEqual([undefined, undefined, 1n]);
    expect(commits.get('u', 'a')).toBe(2n);
  });

  it('that delete what is not there need no commit', async () => {
    expect(queue.del('t', 'a')).toBeUndefined();
    expect(queue.waiting).toBe(0);
  });

  it('of one write are committed together, however many there are', async () => {
    const ops = Array.from({ length: 25_000 }, (_, i) => set(`k${i}`, 'x'.repeat(1000)));
    const writing = queue.write('t', ops);
    const after = queue.set('t', 'after', 1n);
    await commits.release();
    expect(await writing).toHaveLength(25_000);
    await commits.release();
    await after;
    expect(commits.begun.map((changes) => changes.length)).toEqual([25_000, 1]);
  });

  it('are not more than 10,000 in a commit, or not many more than 16 MiB', async () => {
    const many = Array.from({ length: 10_001 }, (_, i) => queue.set('t', `k${i}`, true));
    await commits.release();
    await Promise.all(many.slice(0, -1));
    await commits.release();
    const large = [1, 2, 3].map((i) => queue.set('t', `large${i}`, new Uint8Array(9 * 2 ** 20)));
    await commits.release();
    await Promise.all(large.slice(0, -1));
    await commits.release();
    await large[2];
    expect(commits.begun.map((changes) => changes.length)).toEqual([10_000, 1, 2, 1]);
  });
});

describe('a read', () => {
  it('of a key that is being changed is answered with the change that was called before it', async () => {
    const reads = [get('a')];
    void queue.set('t', 'a', 1n);
    reads.push(get('a'));
    void queue.set('t', 'a', 2n);
    reads.push(get('a'));
    void queue.del('t', 'a');
    reads.push(get('a'));
    await commits.release();
    expect(await Promise.all(reads)).toEqual([undefined, 1n, 2n, undefined]);
  });

  it('of a key that is being changed is not answered before that is committed', async () => {
    void queue.set('t', 'a', 1n);
    const read = get('a') as Promise<Value>;
    await commits.beginning();
    expect(await isSettled(read)).toBe(false);
    await commits.release();
    expect(await read).toBe(1n);
  });

  it('of any other key does not wait', async () => {
    commits.put('t', 'b', 'there');
    const setting = queue.set('t', 'a', 1n);
    expect([get('b'), get('c')]).toEqual(['there', undefined]);
    await commits.release();
    await setting;
    expect(get('a')).toBe(1n);
  });

  it('of a table sees what was called before it, and nothing that was called after', async () => {
    const seen: unknown[] = [];
    const read = () => seen.push([commits.get('t', 'a'), commits.get('t', 'b')]);
    const setting = queue.set('t', 'a', 1n);
    const reading = queue.read('t', read);
    const later = [queue.set('t', 'b', 1n), queue.set('t', 'a', 2n)];
    await commits.release();
    await Promise.all([setting, reading]);
    await commits.release();
    expect(await Promise.all(later)).toEqual([undefined, 1n]);
    expect(seen).toEqual([[1n, undefined]]);
    expect(commits.begun).toEqual([['a=1'], ['b=1', 'a=2']]);
  });

  it('of a table that is not being changed does not wait', async () => {
    const setting = queue.set('t', 'a', 1n);
    expect(queue.read('u', () => 'now')).toBe('now');
    await commits.release();
    await setting;
    expect(queue.read('t', () => 'now')).toBe('now');
  });
});

describe('a commit that fails', () => {
  it('is told to all whose changes were in it, and leaves what was there', async () => {
    commits.put('t', 'a', 'old');
    const changes = [queue.set('t', 'a', 1n), queue.del('t', 'a'), queue.write('t', [del('a')])];
    const settled = Promise.allSettled(changes);
    await commits.release(FAILURE);
    for (const result of await settled) expect(result).toMatchObject({ reason: FAILURE });
    expect(get('a')).toBe('old');
    expect([queue.commits, queue.failures, queue.waiting]).toEqual([0, 1, 0]);
  });

  it('has reads of its keys answered with what was there', async () => {
    commits.put('t', 'a', 'old');
    const changes = Promise.allSettled([queue.set('t', 'a', 1n), queue.set('t', 'b', 1n)]);
    const reads = [get('a'), get('b'), queue.read('t', () => commits.get('t', 'a'))];
    await commits.release(FAILURE);
    expect(await Promise.all(reads)).toEqual(['old', undefined, 'old']);
    await changes;
  });

  it('is none of what comes after it, which answers what is really there', async () => {
    commits.put('t', 'a', 'old');
    const failing = Promise.allSettled([queue.set('t', 'a', 1n)]);
    await commits.beginning();
    const later = [queue.set('t', 'a', 2n), queue.set('t', 'a', 3n)];
    const read = get('a');
    await commits.release(FAILURE);
    await failing;
    await commits.release();
    expect(await Promise.all(later)).toEqual(['old', 2n]);
    expect(await read).toBe(3n);
  });
});

describe('what the committed state cannot tell', () => {
  it('fails the call that asks for it, and changes nothing', async () => {
    commits.get = () => {
      throw FAILURE;
    };
    expect(() => queue.set('t', 'a', 1n)).toThrow(FAILURE);
    expect(() => queue.write('t', [set('a', 1n)])).toThrow(FAILURE);
    expect(queue.waiting).toBe(0);
    await queue.drain();
    expect(commits.begun).toEqual([]);
  });
});

describe('the end', () => {
  it('waits for all that was called', async () => {
    const changes = [queue.set('t', 'a', 1n)];
    await commits.beginning();
    changes.push(queue.set('t', 'b', 1n));
    const drained = queue.drain();
    await commits.release();
    await changes[0];
    expect(await isSettled(drained)).toBe(false);
    await commits.release();
    await drained;
    expect(await Promise.all(changes)).toEqual([undefined, undefined]);
  });
});

const KEYS = ['a', 'b', 'c'];

/** What a generated test does: changes, a read of a key or of all, the end of a commit. */
type Step =
  | { readonly ops: readonly WriteOp[] }
  | { readonly read: string }
  | { readonly readAll: true }
  | { readonly fails: boolean };

const key = fc.constantFrom(...KEYS);
const op: fc.Arbitrary<WriteOp> = fc.oneof(
  fc.record({ op: fc.constant('set' as const), key, value: fc.bigInt({ min: 0n, max: 99n }) }),
  fc.record({ op: fc.constant('delete' as const), key }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ ops: fc.array(op, { minLength: 1, maxLength: 3 }) }) },
  { weight: 3, arbitrary: fc.record({ read: key }) },
  { weight: 1, arbitrary: fc.record({ readAll: fc.constant(true as const) }) },
  { weight: 2, arbitrary: fc.record({ fails: fc.boolean() }) },
);

/** Does a step, and gives what it answers; nothing if it asks nothing. */
function take(step: Step): unknown {
  if ('ops' in step) return queue.write('t', step.ops);
  if ('read' in step) return get(step.read);
  if ('readAll' in step) return queue.read('t', () => KEYS.map((key) => commits.get('t', key)));
  return undefined;
}

/** What a step answers where all are taken one after the other, and those that fail are not. */
function modelled(model: Map<string, Value>, step: Step): unknown {
  if ('ops' in step) return step.ops.map((op) => apply(model, op));
  if ('read' in step) return model.get(step.read);
  if ('readAll' in step) return KEYS.map((key) => model.get(key));
  return undefined;
}

function apply(model: Map<string, Value>, op: WriteOp): Value | undefined {
  const old = model.get(op.key);
  if (op.op === 'set') model.set(op.key, op.value);
  else model.delete(op.key);
  return old;
}

it('whatever is called, and fails, answers are those of what succeeds, in the order of the calls', async () => {
  const run = async (steps: readonly Step[]): Promise<void> => {
    commits = new HeldCommits();
    queue = new WriteQueue(commits);
    const answers: Promise<unknown>[] = [];
    for (const step of steps) {
      const answer = Promise.resolve(take(step));
      answers.push(answer.catch((error) => error));
      if (!('fails' in step) || queue.waiting === 0) continue;
      await commits.release(step.fails ? FAILURE : undefined);
      await new Promise(setImmediate);
    }
    while (queue.waiting > 0) {
      await commits.release();
      await new Promise(setImmediate);
    }
    const model = new Map<string, Value>();
    for (const [i, answer] of (await Promise.all(answers)).entries()) {
      if (answer !== FAILURE) expect(answer).toEqual(modelled(model, steps[i] as Step));
    }
    for (const key of KEYS) expect(commits.get('t', key)).toBe(model.get(key));
  };
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), run));
});
