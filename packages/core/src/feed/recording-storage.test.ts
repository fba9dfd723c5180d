import type { Position } from '@kv/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryStorage } from '../storage/memory-storage.js';
import type { Storage } from '../storage/storage.js';
import type { FeedChange } from './feed-change.js';
import type { RecordingOptions } from './recording-options.js';
import { RecordingStorage } from './recording-storage.js';

const GONE: unknown = expect.objectContaining({ code: 'GONE' });

function recording(options: RecordingOptions = {}) {
  const states: boolean[] = [];
  const storage = new RecordingStorage(new MemoryStorage(), options, (is) => states.push(is));
  const keysAfter = (position: Position): string[] =>
    [...storage.history('t', position)].flat().map(({ key }) => key);
  return { storage, states, keysAfter };
}

describe('a recording of changes', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('begins with the first listener, and ends some time after the last', () => {
    const { storage, states, keysAfter } = recording({ lingerMs: 1000 });
    storage.set('t', 'before', 1n);
    expect(states).toEqual([]);
    const { end } = storage.listen('t', () => {});
    const start = storage.position;
    expect([states, [...storage.recorded]]).toEqual([[true], ['t']]);
    storage.set('t', 'a', 1n);
    end();
    storage.set('t', 'b', 1n);
    vi.advanceTimersByTime(999);
    expect(keysAfter(start)).toEqual(['a', 'b']);
    vi.advanceTimersByTime(1);
    expect([states, [...storage.recorded]]).toEqual([[true, false], []]);
    expect(() => keysAfter(start)).toThrow(GONE);
  });

  it('goes on if somebody listens again in time', () => {
    const { storage, states, keysAfter } = recording({ lingerMs: 1000 });
    storage.listen('t', () => {}).end();
    const start = storage.position;
    storage.set('t', 'a', 1n);
    vi.advanceTimersByTime(999);
    const { end } = storage.listen('t', () => {});
    vi.advanceTimersByTime(5000);
    expect([states, keysAfter(start)]).toEqual([[true], ['a']]);
    end();
    vi.advanceTimersByTime(1000);
    expect(states).toEqual([true, false]);
  });

  it('is of each table alone: one that begins later has none of what came before', () => {
    const { storage, keysAfter } = recording();
    storage.listen('other', () => {});
    const start = storage.position;
    storage.set('t', 'missed', 1n);
    storage.set('other', 'x', 1n);
    const { position } = storage.listen('t', () => {});
    storage.set('t', 'a', 1n);
    expect(() => keysAfter(start)).toThrow(GONE);
    expect(keysAfter(position)).toEqual(['a']);
  });

  it('that was interrupted is not taken for a whole one', () => {
    const { storage, keysAfter } = recording({ lingerMs: 1000 });
    storage.listen('t', () => {}).end();
    const start = storage.position;
    vi.advanceTimersByTime(1000);
    storage.set('t', 'missed', 1n);
    storage.listen('t', () => {});
    storage.set('t', 'a', 1n);
    expect(() => keysAfter(start)).toThrow(GONE);
  });

  it('keeps so many changes, and says so of those before', () => {
    const { storage, keysAfter } = recording({ maxChanges: 3 });
    storage.listen('t', () => {});
    const positions: Position[] = [];
    for (const key of ['a', 'b', 'c', 'd', 'e']) {
      positions.push(storage.position);
      storage.set('t', key, 1n);
    }
    expect(() => keysAfter(positions[1] as Position)).toThrow(GONE);
    expect(keysAfter(positions[2] as Position)).toEqual(['c', 'd', 'e']);
  });

  it('of a quiet table is whole, however much of others is not kept any more', () => {
    const { storage, keysAfter } = recording({ maxChanges: 5 });
    storage.listen('t', () => {});
    storage.listen('busy', () => {});
    storage.set('t', 'a', 1n);
    const { position } = storage;
    for (let i = 0; i < 50; i++) storage.set('busy', `k${i}`, 1n);
    expect(keysAfter(position)).toEqual([]);
    storage.set('t', 'b', 1n);
    expect(keysAfter(position)).toEqual(['b']);
    for (let i = 0; i < 50; i++) storage.set('busy', `k${i}`, 1n);
    expect(() => keysAfter(position)).toThrow(GONE);
  });

  it('that somebody reads too slowly tells him so, and skips nothing', () => {
    const { storage } = recording({ maxChanges: 400 });
    storage.listen('t', () => {});
    const start = storage.position;
    for (let i = 0; i < 400; i++) storage.set('t', `k${i}`, 1n);
    const history = storage.history('t', start);
    const first = history.next().value as FeedChange[];
    expect(first.at(-1)?.key).toBe('k255');
    for (let i = 0; i < 257; i++) storage.set('t', 'more', 1n);
    expect(() => history.next()).toThrow(GONE);
  });

  it.each([{ maxChanges: -1 }, { maxBytes: Number.NaN }, { lingerMs: 'soon' as never }])(
    'refuses settings that make no sense: %j',
    (options) => {
      expect(() => recording(options)).toThrow(RangeError);
    },
  );

  it('has a gap, and tells all the same, if there is no memory to keep a change', () => {
    const { storage, keysAfter } = recording();
    const told: string[] = [];
    const { position } = storage.listen('t', ({ key }) => told.push(key));
    const limited = vi.spyOn(Buffer, 'allocUnsafeSlow').mockImplementation(() => {
      throw new RangeError('Array buffer allocation failed');
    });
    expect(storage.set('t', 'a', 1n)).toBe(undefined);
    limited.mockRestore();
    const later = storage.position;
    storage.set('t', 'b', 1n);
    expect([told, storage.get('t', 'a')]).toEqual([['a', 'b'], 1n]);
    expect(() => keysAfter(position)).toThrow(GONE);
    expect(keysAfter(later)).toEqual(['b']);
  });

  it('tells all in order, also what is changed by who is told of something', () => {
    const { storage } = recording();
    const told: string[] = [];
    storage.listen('t', ({ key }) => {
      if (key === 'a') storage.set('t', 'b', 1n);
      if (key === 'a') storage.listen('t', (later) => told.push(`late ${later.key}`));
    });
    storage.listen('t', ({ key }) => told.push(key));
    storage.set('t', 'a', 1n);
    storage.set('t', 'c', 1n);
    expect(told).toEqual(['a', 'b', 'c', 'late c']);
  });

  it('of a page that takes its time keeps nobody else waiting, and is positioned where it was called', async () => {
    const inner: Storage = new MemoryStorage();
    let read = (): void => {};
    const reading = new Promise<void>((resolve) => {
      read = resolve;
    });
    const scan = inner.scan.bind(inner);
    vi.spyOn(inner, 'scan').mockImplementation((...call) => {
      const page = scan(...call);
      return reading.then(() => page);
    });
    const storage = new RecordingStorage(inner);
    storage.listen('t', () => {});
    storage.set('t', 'a', 1n);
    const { position } = storage;
    const whole = { position: undefined, prefix: '', limit: 10, maxBytes: 1000 };
    const page = storage.page('t', whole);
    expect(storage.set('t', 'b', 1n)).toBe(undefined);
    expect([...storage.history('t', position)].flat().map(({ key }) => key)).toEqual(['b']);
    read();
    const entries = [['a', 1n]];
    expect(await page).toEqual({ page: { entries, next: undefined }, position });
  });

  it('of a page that is called behind a write under way has the position of that', async () => {
    const inner: Storage = new MemoryStorage();
    let written = (): void => {};
    const writing = new Promise<void>((resolve) => (written = resolve));
    const set = inner.set.bind(inner);
    vi.spyOn(inner, 'set').mockImplementation((...call) => {
      const old = set(...call);
      return writing.then(() => old);
    });
    const storage = new RecordingStorage(inner);
    storage.listen('t', () => {});
    const { sequence } = storage.position;
    void storage.set('t', 'a', 1n);
    const whole = { position: undefined, prefix: '', limit: 10, maxBytes: 1000 };
    const page = storage.page('t', whole);
    void storage.set('t', 'b', 1n);
    written();
    const { page: read, position } = await page;
    expect([read.entries, position.sequence]).toEqual([[['a', 1n]], sequence + 1]);
  });

  it('ends with the storage', async () => {
    const { storage, states } = recording();
    storage.listen('t', () => {});
    await storage.close();
    expect(states).toEqual([true, false]);
  });
});
