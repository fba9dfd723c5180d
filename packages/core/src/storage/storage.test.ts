import { describe, expect, it } from 'vitest';
import { checkOps, type WriteOp } from './storage.js';

describe('the check of the ops of a write', () => {
  it('takes what every storage knows', () => {
    const ops: WriteOp[] = [
      { op: 'set', key: 'k', value: 'v' },
      { op: 'delete', key: 'k' },
    ];
    expect(() => checkOps(ops)).not.toThrow();
    expect(() => checkOps([])).not.toThrow();
  });

  it.each<[object, string]>([
    [{ op: 'increment', key: 'k' }, "knows no op 'increment'"],
    [{ op: 'toString', key: 'k' }, "knows no op 'toString'"],
    [{ key: 'k' }, "knows no op 'undefined'"],
    [{ op: 'set', key: 'k', value: 'v', ttlMs: 1 }, "knows no field 'ttlMs'"],
    [{ op: 'set', key: 'k', value: 'v', ttlMs: undefined }, "knows no field 'ttlMs'"],
    [{ op: 'set', key: 'k', ttlMs: 1 }, "knows no field 'ttlMs'"],
    [{ op: 'delete', key: 'k', ifVersion: 1 }, "knows no field 'ifVersion'"],
  ])('refuses what it would otherwise ignore: %o', (op, message) => {
    const known: WriteOp = { op: 'delete', key: 'k' };
    expect(() => checkOps([known, op as WriteOp])).toThrow(
      expect.objectContaining({
        code: 'UNSUPPORTED',
        message: expect.stringContaining(message),
      }),
    );
  });
});
