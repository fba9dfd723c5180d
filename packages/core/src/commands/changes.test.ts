import { expect, it } from 'vitest';
import { Engine } from '../engine.js';

it('changes that are few among many are answered when some are found, and go on from where that was', async () => {
  const engine = new Engine({ feed: { maxChanges: 100_000, maxBytes: 2 ** 30 } });
  const kv = engine.client();
  const { position } = await kv.watch('t');
  if (position === undefined) throw new Error('A watch has a position');
  const fill = async (): Promise<void> => {
    for (let i = 0; i < 400; i++) await kv.hset('t', 'other', 'x'.repeat(10_000));
  };
  // Before each there is more than is looked at for more, once something is found.
  for (const key of ['a1', 'a2', 'a3']) {
    await fill();
    await fill();
    await kv.hset('t', key, 1n);
  }
  await fill();
  const found: string[][] = [];
  for (let at = position; ; ) {
    const page = await kv.changes('t', at, { prefix: 'a' });
    found.push(page.changes.map(({ key }) => key));
    if (page.changes.length === 0) break;
    at = page.position;
  }
  expect(found).toEqual([['a1'], ['a2'], ['a3'], []]);
  await engine.close();
});
