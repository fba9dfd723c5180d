import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Inbox } from './inbox.js';
import { KvError } from './kv-error.js';
import { type CommandResponse, commandRequest } from './messages.js';
import type { Position } from './position.js';
import { errorResponse, okResponse } from './response.js';
import type { Gap } from './subscription.js';
import type { Change, ChangePage, Progress, Pushed, WatchItem } from './watch-item.js';
import type { WatchOverflow } from './watch-options.js';
import type { WatchParts } from './watch-parts.js';
import { Watching } from './watching.js';

const at = (epoch: number, sequence: number): Position => ({ epoch, sequence });

const changeAt = (epoch: number, sequence: number, key = 'k'): Change => ({
  kind: 'change',
  position: at(epoch, sequence),
  ...{ table: 't', key, cause: 'set', value: BigInt(sequence), old: undefined },
});

interface Options {
  readonly start?: Position;
  readonly maxMessages?: number;
  readonly overflow?: WatchOverflow;
  readonly onGap?: (gap: Gap) => void;
  /** What the table is; without it, it is not copied. */
  readonly copy?: WatchParts['reader']['copy'];
  readonly key?: string;
  /** The same, of a single key. */
  readonly read?: WatchParts['reader']['read'];
}

/** A watch whose server is a script: `pull` answers what is asked of its history. */
function watchOf(
  pull: WatchParts['reader']['pull'],
  {
    start = at(1, 0),
    maxMessages = 100,
    overflow = 'catch-up',
    onGap,
    key = '',
    copy,
    read,
  }: Options = {},
) {
  const pushed = new Map<CommandResponse, Pushed>();
  let watching: Watching | undefined;
  const message = { table: 't', key: '', prefix: '', maxMessages: 0, maxBytes: 0, overflow: '' };
  const live: Inbox<Pushed> = new Inbox({
    request: commandRequest('watch', message),
    topic: '',
    limits: { maxMessages, maxBytes: 1e6 },
    overflow: 'drop-oldest',
    onGap: (gap) => watching?.gap(gap),
    itemOf: (response) => pushed.get(response) as Pushed,
    isNote: (response) => pushed.get(response)?.kind === 'progress',
    onEnd: async () => {},
  });
  const none = (): Promise<never> => Promise.reject(new Error('Nothing is copied'));
  watching = new Watching({
    ...{ table: 't', key, live, start, after: undefined, overflow, onGap },
    snapshot: copy !== undefined || read !== undefined,
    reader: { pull, copy: copy ?? none, read: read ?? none },
  });
  const push = (item: Change | Progress, first?: Position): void => {
    const response = okResponse([]);
    pushed.set(response, item.kind === 'change' ? { kind: 'change', change: item, first } : item);
    live.receive(response, 0);
  };
  return { live, push, watching };
}

const places = (items: readonly WatchItem[]): string[] =>
  items.map((item) => {
    const { epoch, sequence } = (item as Change).position;
    return `${epoch}:${sequence}`;
  });

async function take(watch: AsyncIterable<WatchItem>, count: number): Promise<WatchItem[]> {
  const iterator = watch[Symbol.asyncIterator]();
  const items: WatchItem[] = [];
  while (items.length < count) items.push((await iterator.next()).value as WatchItem);
  return items;
}

/** A history of these changes. */
function historyOf(...changes: readonly Change[]): (after: Position) => Promise<ChangePage> {
  return async (after) => {
    const known = changes.findIndex(
      ({ position }) => position.epoch === after.epoch && position.sequence === after.sequence,
    );
    const rest = changes.slice(known + 1);
    return { changes: rest, position: rest.at(-1)?.position ?? after };
  };
}

describe('a watch that reads again what is missing', () => {
  it('tells nothing twice, and never goes back, after a server was started anew', async () => {
    const all = [changeAt(3, 1), changeAt(3, 2), changeAt(3, 3), changeAt(4, 4), changeAt(4, 5)];
    const { live, push, watching } = watchOf(historyOf(...all), {
      start: at(3, 0),
      maxMessages: 4,
    });
    for (const change of all.slice(0, 3)) push(change);
    // The connection was lost and made good, and the oldest have made room.
    live.interrupt();
    for (const change of all.slice(3)) push(change);
    expect(places(await take(watching, 5))).toEqual(['3:1', '3:2', '3:3', '4:4', '4:5']);
    push(changeAt(4, 6));
    expect(places(await take(watching, 1))).toEqual(['4:6']);
  });

  it('reads once more if more is missing when it has read', async () => {
    const history: Change[] = [changeAt(1, 1)];
    let reading = (): void => {};
    const { live, watching } = watchOf(async (after) => {
      const page = await historyOf(...history)(after);
      reading();
      return page;
    });
    const iterator = watching[Symbol.asyncIterator]();
    const first = iterator.next();
    live.interrupt();
    expect(places([(await first).value as WatchItem])).toEqual(['1:1']);
    // While it reads up to the end, another connection is lost and made good.
    reading = () => {
      reading = () => {};
      history.push(changeAt(1, 2));
      live.interrupt();
    };
    expect(places([(await iterator.next()).value as WatchItem])).toEqual(['1:2']);
  });

  it('that fails while it reads is told when it asks for more, and ends no process', async () => {
    let answer = (_: ChangePage): void => {};
    const { live, watching } = watchOf(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    live.interrupt();
    const next = watching[Symbol.asyncIterator]().next();
    await setImmediate();
    live.receive(errorResponse(new KvError('UNAVAILABLE', 'The engine is closed')), 0);
    // An unhandled rejection would be noticed in these.
    await setImmediate();
    answer({ changes: [], position: at(1, 0) });
    await expect(next).rejects.toThrow(expect.objectContaining({ code: 'UNAVAILABLE' }));
  });

  it.each<[string, (live: Inbox<Pushed>) => void, string]>([
    [
      'the server has ended it',
      (live) => live.receive(errorResponse(new KvError('UNAVAILABLE', 'Closed')), 0),
      'UNAVAILABLE',
    ],
    ['it is given up', (live) => live.fail(new KvError('CANCELLED', 'Given up')), 'CANCELLED'],
  ])('skips nothing when it ends while it reads: %s', async (_, end, code) => {
    let answer = (_: ChangePage): void => {};
    const reading = (): Promise<ChangePage> =>
      new Promise((resolve) => {
        answer = resolve;
      });
    const { live, push, watching } = watchOf(reading);
    const iterator = watching[Symbol.asyncIterator]();
    const next = iterator.next();
    live.interrupt();
    // They come after what is missing.
    push(changeAt(1, 5));
    push(changeAt(1, 6));
    await setImmediate();
    end(live);
    answer({ changes: [changeAt(1, 1)], position: at(1, 1) });
    await expect(next).rejects.toThrow(expect.objectContaining({ code }));
    expect(watching.position).toEqual(at(1, 0));
    expect((await iterator.next()).done).toBe(true);
  });

  it('fails with what reading fails with, and ends', async () => {
    const { live, watching } = watchOf(() => Promise.reject(new KvError('GONE', 'Not kept')));
    live.interrupt();
    const next = watching[Symbol.asyncIterator]().next();
    await expect(next).rejects.toThrow(expect.objectContaining({ code: 'GONE' }));
    expect(live.ended).toBe(true);
  });

  it('that conflates tells something in the end, however fast changes come', async () => {
    let sequence = 0;
    const { live, watching } = watchOf(
      async () => {
        const changes = [changeAt(1, ++sequence)];
        return { changes, position: at(1, sequence) };
      },
      { overflow: 'conflate' },
    );
    live.interrupt();
    const [first, second] = places(await take(watching, 2));
    expect([first, second]).toEqual(['1:20', '1:40']);
  });

  it('that conflates can be gone on from only where all has been told', async () => {
    const all = [changeAt(1, 1, 'a'), changeAt(1, 2, 'b'), changeAt(1, 3, 'a')];
    const { live, watching } = watchOf(historyOf(...all), { overflow: 'conflate' });
    live.interrupt();
    expect(places(await take(watching, 1))).toEqual(['1:2']);
    expect(watching.position).toEqual(at(1, 0));
    const last = watching[Symbol.asyncIterator]();
    expect(places([(await last.next()).value as WatchItem])).toEqual(['1:3']);
    const waiting = last.next();
    await setImmediate();
    expect(watching.position).toEqual(at(1, 3));
    await watching.unsubscribe();
    expect((await waiting).done).toBe(true);
  });
});

describe('a watch that copies', () => {
  it('ends if its server does not tell what is in a page', async () => {
    const page = { entries: [['a', 1n]] as const, position: at(1, 5), cursor: new Uint8Array(0) };
    const { live, watching } = watchOf(historyOf(), { copy: async () => page });
    const next = watching[Symbol.asyncIterator]().next();
    await expect(next).rejects.toThrow(expect.objectContaining({ code: 'INTERNAL' }));
    expect(live.ended).toBe(true);
  });

  it.each<[string, Change[], unknown[]]>([
    ['that did not change', [changeAt(1, 3, 'z')], [['entry', 7n], 'ready 1:2']],
    [
      'that changed before the position, which was read before or after that',
      [changeAt(1, 1), changeAt(1, 2), changeAt(1, 3)],
      ['1:1', '1:2', ['entry', 2n], 'ready 1:2', '1:3'],
    ],
    [
      'that was deleted before the position',
      [{ ...changeAt(1, 2), cause: 'delete', value: null }],
      ['1:2', 'ready 1:2'],
    ],
  ])('a key %s tells what it was there', async (_, changes, expected) => {
    const { live, watching } = watchOf(historyOf(...changes), {
      key: 'k',
      read: async (since) => {
        expect(since).toEqual(at(1, 0));
        return { value: 7n, position: at(1, 2) };
      },
    });
    live.interrupt();
    const items = await take(watching, expected.length);
    const told = items.map((item) => {
      if (item.kind === 'entry') return ['entry', item.value];
      const [place] = places([item as Change]);
      return item.kind === 'ready' ? `ready ${place}` : place;
    });
    expect(told).toEqual(expected);
  });
});

describe('a watch that may leave out the oldest', () => {
  const page = { entries: [], position: at(1, 5), cursor: new Uint8Array(0) };
  const all = [1, 2, 3, 4, 5].map((sequence) => changeAt(1, sequence));

  /** A watch that has copied its table, the changes up to 1:5 included; at most two that are pushed may wait. */
  async function copied(onGap: (gap: Gap) => void) {
    const setting = watchOf(historyOf(...all), {
      ...{ overflow: 'drop-oldest', maxMessages: 2, onGap },
      copy: async () => page,
    });
    expect((await take(setting.watching, 6)).at(-1)).toMatchObject({ kind: 'ready' });
    return setting;
  }

  it('misses nothing that the copy has told, and counts what it misses from then on', async () => {
    const gaps: Gap[] = [];
    const { push, watching } = await copied((gap) => gaps.push(gap));
    for (const change of all) push(change);
    push(changeAt(1, 6));
    expect(places(await take(watching, 1))).toEqual(['1:6']);
    expect(gaps).toEqual([]);
    for (const sequence of [7, 8, 9, 10]) push(changeAt(1, sequence));
    expect(places(await take(watching, 2))).toEqual(['1:9', '1:10']);
    expect(gaps).toEqual([{ missed: 2 }]);
  });

  it('says that something may be missing, where nobody knows how much the copy has told', async () => {
    const gaps: Gap[] = [];
    const { push, watching } = await copied((gap) => gaps.push(gap));
    for (const change of [...all, changeAt(1, 6), changeAt(1, 7)]) push(change);
    expect(places(await take(watching, 2))).toEqual(['1:6', '1:7']);
    expect(gaps).toEqual([{ missed: undefined }]);
  });

  it('ends with what is thrown by who is told of it', async () => {
    const thrown = new Error('I must not miss anything');
    const { live, push, watching } = await copied(() => {
      throw thrown;
    });
    for (const sequence of [6, 7, 8]) push(changeAt(1, sequence));
    await expect(watching[Symbol.asyncIterator]().next()).rejects.toBe(thrown);
    expect(live.ended).toBe(true);
  });

  it('goes on where it is told that nothing was missed, and tells nothing of it', async () => {
    const pulled: Position[] = [];
    const { live, push, watching } = watchOf(async (after) => {
      pulled.push(after);
      return { changes: [], position: after };
    });
    const next = watching[Symbol.asyncIterator]().next();
    push({ kind: 'progress', position: at(1, 500) });
    await setImmediate();
    expect(watching.position).toEqual(at(1, 500));
    // What was pushed before some that was read tells nothing new.
    push({ kind: 'progress', position: at(1, 400) });
    await setImmediate();
    expect(watching.position).toEqual(at(1, 500));
    live.interrupt();
    await setImmediate();
    expect(pulled).toEqual([at(1, 500)]);
    push(changeAt(1, 501));
    expect(places([(await next).value as WatchItem])).toEqual(['1:501']);
  });

  it('that copies has no position from which another could go on before the copy is complete', async () => {
    const page = { entries: [['k', 1n] as const], position: at(1, 7), cursor: new Uint8Array(0) };
    const { watching } = watchOf(async () => ({ changes: [], position: at(1, 7) }), {
      start: at(1, 7),
      copy: async () => page,
    });
    const iterator = watching[Symbol.asyncIterator]();
    const seen: unknown[] = [watching.position];
    for (const _ of ['entry', 'ready']) {
      seen.push((await iterator.next()).value?.kind, watching.position);
    }
    expect(seen).toEqual([undefined, 'entry', undefined, 'ready', at(1, 7)]);
  });

  it('does not say what was there before a change that stands for some that have been read', async () => {
    const { live, push, watching } = watchOf(historyOf(changeAt(1, 1), changeAt(1, 2)), {
      overflow: 'conflate',
    });
    const iterator = watching[Symbol.asyncIterator]();
    live.interrupt();
    expect(places([(await iterator.next()).value as WatchItem])).toEqual(['1:2']);
    const olds: unknown[] = [];
    for (const [sequence, first] of [
      [3, 2],
      [5, 4],
      [7, 6],
    ] as const) {
      push({ ...changeAt(1, sequence), old: 0n }, at(1, first));
      const { value } = await iterator.next();
      olds.push([(value as Change).position.sequence, (value as Change).old]);
    }
    expect(olds).toEqual([
      [3, undefined],
      [5, 0n],
      [7, 0n],
    ]);
  });

  it('tells of all that was dropped, and before it goes on behind it', async () => {
    const gaps: Gap[] = [];
    const { push, watching } = watchOf(historyOf(), {
      overflow: 'drop-oldest',
      onGap: (gap) => gaps.push(gap),
    });
    const iterator = watching[Symbol.asyncIterator]();
    const next = iterator.next();
    watching.gap({ missed: 5 });
    watching.gap({ missed: 2 });
    push({ kind: 'progress', position: at(1, 10) });
    await setImmediate();
    expect([gaps, watching.position]).toEqual([[{ missed: 7 }], at(1, 10)]);
    watching.gap({ missed: 1 });
    push(changeAt(1, 12));
    expect(places([(await next).value as WatchItem])).toEqual(['1:12']);
    expect(gaps).toEqual([{ missed: 7 }, { missed: 1 }]);
  });
});
