import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Entries,
  left,
  possibleStates,
  stateName,
  type ToldCall,
} from '../testing/possible-states.js';
import type { Fingerprint } from './fingerprint.js';
import { type Call, History, placeName, type Step } from './history.js';

const state = (entries: Iterable<readonly [string, Fingerprint]>): Map<string, Fingerprint> =>
  new Map([...entries].map(([key, value]) => [placeName('t', key), value]));

/** A history that begins with some entries, and to which calls were made. */
function historyOf(beginning: Entries, calls: readonly ToldCall[], prefix = false): History {
  const history = new History({ prefix });
  // From the only state that there can be when nothing has been called.
  history.reopened(new Map());
  let now: Entries = new Map();
  const tell = (call: Call, answered: boolean): void => {
    history.call(call);
    const old = call.steps.map(([key], i) => {
      const before = left(now, [{ ...call, steps: call.steps.slice(0, i) }]);
      return before.get(key) ?? null;
    });
    if (answered) history.answer(call.id, old);
    now = left(now, [call]);
  };
  tell({ id: -1, table: 't', steps: [...beginning] }, true);
  history.reopened(state(beginning));
  for (const call of calls) tell(call, call.answered);
  return history;
}

describe('what a storage holds after a crash', () => {
  const beginning = new Map([
    ['a', 'old'],
    ['b', 'old'],
  ]);
  const calls = (...made: [answered: 'answered' | 'lost', ...steps: Step[]][]): ToldCall[] =>
    made.map(([answered, ...steps], id) => ({
      id,
      table: 't',
      steps,
      answered: answered === 'answered',
    }));

  it.each<[string, ToldCall[], Record<string, string>, RegExp]>([
    [
      'a write that was answered, and is lost',
      calls(['answered', ['a', 'new']]),
      { a: 'old', b: 'old' },
      /^The key "a" of table "t" has old, as at the last opening. It can only have new, for call 0 was answered$/,
    ],
    [
      'half of a write of several keys',
      calls(['lost', ['a', 'new'], ['b', 'new']]),
      { a: 'new', b: 'old' },
      /^The key "b" .* has old, .* only have new, for call 0 took effect on the key "a"/,
    ],
    [
      'half of a write, of which the other half was written over',
      calls(['lost', ['a', 'new'], ['b', 'new']], ['answered', ['a', 'newer']]),
      { a: 'newer', b: 'old' },
      /^The key "b" .* for call 0 comes before call 1, which was answered$/,
    ],
    [
      'a key that was deleted',
      calls(['answered', ['a', null]]),
      { a: 'old', b: 'old' },
      /^The key "a" .* has old, .* only have nothing, for call 0 was answered$/,
    ],
    [
      'a value that was never written',
      calls(['lost', ['a', 'new']]),
      { a: 'neither', b: 'old' },
      /^The key "a" .* has neither, which it has not had since .* only have old, or new$/,
    ],
    [
      'a value under a key that was never written',
      calls(['lost', ['a', 'new']]),
      { a: 'old', b: 'old', c: 'new' },
      /^The key "c" .* has new, which it has not had since .* only have nothing$/,
    ],
    [
      'a value that had been replaced when another was answered',
      calls(['answered', ['a', 'first']], ['answered', ['a', 'second']], ['lost', ['a', 'third']]),
      { a: 'first', b: 'old' },
      /^The key "a" .* has first, which call 0 left there. It can only have second, or third, for call 1/,
    ],
    [
      'a value from before what a read has answered',
      calls(['lost', ['a', 'new']], ['answered', ['a']]),
      { a: 'old', b: 'old' },
      /^The key "a" .* has old, .* only have new, for call 1 was answered$/,
    ],
    [
      'a value that was never written, where many were',
      calls(...['1', '2', '3', '4', '5'].map((value): ['lost', Step] => ['lost', ['c', value]])),
      { a: 'old', b: 'old', c: '6' },
      /^The key "c" .* has 6, .* can only have nothing, or 1, or 2, or 3, or one of 2 more$/,
    ],
    [
      'nothing',
      calls(['lost', ['a', 'new']]),
      {},
      /^The key "[ab]" of table "t" has nothing, which it has not had since the last opening/,
    ],
  ])('is not %s', (_, made, found, message) => {
    const history = historyOf(beginning, made);
    expect(() => history.reopened(state(Object.entries(found)))).toThrow(message);
  });

  it.each(['a', 'c'])('is not what was lost when it was last opened: %s', (key) => {
    const history = historyOf(beginning, calls(['lost', [key, 'new']]));
    history.reopened(state(beginning));
    const late = state([...beginning, [key, 'new']]);
    expect(() => history.reopened(late)).toThrow('which it has not had since the last opening');
  });

  it.each(['a', 'b'])('is, if calls survive in their order, not the second alone', (key) => {
    const [first, second] = key === 'a' ? ['b', 'a'] : ['a', 'b'];
    const made = calls(['lost', [first, 'new']], ['lost', [second, 'new']]);
    const found = state([...beginning, [second, 'new']]);
    expect(() => historyOf(beginning, made, true).reopened(found)).toThrow(
      `The key "${first}" of table "t" has old, as at the last opening. ` +
        `It can only have new, for call 0 comes before call 1, which took effect on the key "${second}"`,
    );
    historyOf(beginning, made, false).reopened(found);
  });

  it.each<[string, Step[]]>([
    ['a read', [['b']]],
    ['an empty write', []],
    ['a deletion of nothing', [['c', null]]],
  ])('need not be, if calls survive in their order, what comes before %s', (_, steps) => {
    const made = calls(['lost', ['a', 'new']], ['answered', ...steps]);
    historyOf(beginning, made, true).reopened(state(beginning));
  });

  const key = fc.constantFrom('a', 'b', 'c');
  const value = fc.constantFrom('1', '2', '3');
  const write = fc.array(fc.tuple(key, fc.option(value)), { maxLength: 4 });
  const read = fc.array(fc.tuple(key), { maxLength: 3 });
  const entries: fc.Arbitrary<Entries> = fc.dictionary(key, value).map((object) => {
    return new Map(Object.entries(object));
  });
  const history = fc
    .array(fc.record({ steps: fc.oneof(write, write, read), answered: fc.boolean() }), {
      maxLength: 7,
    })
    .map((made): ToldCall[] => made.map((call, id) => ({ id, table: 't', ...call })));

  it('is one of the states that some of the calls leave', () => {
    // What any of the calls leave, so that most of the states are nearly possible.
    const found = (made: ToldCall[]): fc.Arbitrary<(beginning: Entries) => Entries> =>
      fc.tuple(fc.subarray(made), fc.option(fc.tuple(key, value))).map(([some, stray]) => {
        return (beginning) => new Map([...left(beginning, some), ...(stray ? [stray] : [])]);
      });
    const told = history.chain((made) => fc.tuple(fc.constant(made), found(made)));
    fc.assert(
      fc.property(entries, told, fc.boolean(), (beginning, [made, foundAfter], prefix) => {
        const found = foundAfter(beginning);
        const reopen = (): void => historyOf(beginning, made, prefix).reopened(state(found));
        const possible = possibleStates(beginning, made, { prefix });
        if (possible.has(stateName(found))) expect(reopen).not.toThrow();
        else expect(reopen).toThrow(/^The key ".*" of table "t" has /);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('an answer', () => {
  const history = (): History => {
    const made = new History({ prefix: false });
    made.reopened(new Map());
    made.call({ id: 0, table: 't', steps: [['a', '1'], ['a', '2'], ['a', null], ['b']] });
    made.call({ id: 1, table: 't', steps: [['a'], ['a', '3'], ['a']] });
    made.call({ id: 2, table: 'u', steps: [['a']] });
    return made;
  };

  it('is what the calls before it have left, whether or not they were answered', () => {
    const made = history();
    made.answer(2, [null]);
    made.answer(1, [null, null, '3']);
    made.answer(0, [null, '1', '2', null]);
  });

  it.each<[string, number, Fingerprint[], string]>([
    ['older', 1, [null, null, '2'], '2 for the key "a" of table "t", which had 3'],
    ['later', 0, [null, '1', null, null], 'nothing for the key "a" of table "t", which had 2'],
    ['more', 0, [null, '1', '2', null, null], '5 values, and not 4'],
    ['fewer', 0, [null, '1', '2'], '3 values, and not 4'],
    ['of another table', 2, ['3'], '3 for the key "a" of table "u", which had nothing'],
  ])('is not %s', (_, id, values, wrong) => {
    expect(() => history().answer(id, values)).toThrow(`Call ${id} answered ${wrong}`);
  });

  it('is one to a call', () => {
    expect(() => history().answer(3, [])).toThrow('Call 3 was answered, and never made');
  });
});
