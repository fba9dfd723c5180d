import { commandRequest, SlabStorage } from '@kv/core';
import { ByteWriter, straightLineCodec } from '@kv/protocol';
import { describe, expect, it } from 'vitest';
import { viewOf } from './format/layout.js';
import { Block } from './log/block.js';
import { OldValues } from './old-values.js';

function appendSet(block: Block, key: string): void {
  const pair = { key, value: { value: { case: 'string', value: 'new' } } } as const;
  const out = new ByteWriter();
  straightLineCodec.encodeRequest(commandRequest('hset', { table: 't', pair }), out);
  block.append(out.bytes, viewOf(out.bytes), 0, out.length);
}

describe('old values', () => {
  it('are left out where there is no room for them', () => {
    const storage = new SlabStorage();
    storage.set('t', 'k', 'x'.repeat(500));
    const block = new Block(400);
    for (const [key, added] of [
      ['other', 8 + 4],
      ['k', 0],
    ] as const) {
      block.clear();
      appendSet(block, key);
      const { length } = block.out;
      new OldValues(storage).append(block);
      expect([block.out.length - length, block.changes]).toEqual([added, 1]);
    }
  });
});
