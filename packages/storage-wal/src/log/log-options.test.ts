import { describe, expect, it } from 'vitest';
import { type LogOptions, withDefaults } from './log-options.js';

describe('the options of a log', () => {
  it('are the safe ones where nothing is given', () => {
    const safe = { fsync: 'always', inline: false, segmentBytes: 64 * 1024 * 1024 };
    expect(withDefaults({})).toMatchObject(safe);
    // From JavaScript, say of a variable that is not set.
    const unset = { fsync: undefined, segmentBytes: undefined } as unknown as Partial<LogOptions>;
    expect(withDefaults(unset)).toMatchObject(safe);
  });

  it.each([
    [{ fsync: 'Always' }, 'fsync must be one of always, everysec, never'],
    [{ fsync: 'everysecond' }, 'fsync must be one of'],
    [{ fsync: '' }, 'fsync must be one of'],
    [{ segmentBytes: 0 }, 'segmentBytes must be a positive integer'],
    [{ segmentBytes: Number.NaN }, 'segmentBytes must be a positive integer'],
  ])('are refused if they make no sense: %j', (options, message) => {
    expect(() => withDefaults(options as Partial<LogOptions>)).toThrow(new RegExp(message));
  });
});
