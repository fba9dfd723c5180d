import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { TopicPattern } from './topic-pattern.js';

/** What a pattern means, in so many words: too slow for some. */
function specified(pattern: string, name: string): boolean {
  const [first, ...rest] = [...pattern];
  if (first === undefined) return name === '';
  const [unit, ...others] = [...name];
  if (first !== '*') return unit === first && specified(rest.join(''), others.join(''));
  if (specified(rest.join(''), name)) return true;
  return unit !== undefined && specified(pattern, others.join(''));
}

/** How many characters are looked at. */
function looks(pattern: string, name: string): number {
  const compiled = new TopicPattern(pattern);
  const look = vi.spyOn(String.prototype, 'charCodeAt');
  onTestFinished(() => look.mockRestore());
  compiled.matches(name);
  const { length } = look.mock.calls;
  look.mockRestore();
  return length;
}

describe('a pattern of topics', () => {
  it.each([
    ['chat.*', 'chat.', true],
    ['chat.*', 'chat.a.b', true],
    ['chat.*', 'chat', false],
    ['chat.*', 'my.chat.a', false],
    ['*.a', '.a', true],
    ['*.a', 'x.a.b', false],
    ['*', '', true],
    ['*', 'anything', true],
    ['**', 'anything', true],
    ['a*a', 'a', false],
    ['a*a', 'aa', true],
    ['a*b*c', 'axbxc', true],
    ['a*b*c', 'axcxb', false],
    ['*ab*ab*', 'abab', true],
    ['*ab*ab*', 'aba', false],
    ['*aab*', 'aaab', true],
    ['a', 'a', true],
    ['a', 'aa', false],
    ['a?', 'ab', false],
    ['[ab]', 'a', false],
    ['a.b', 'axb', false],
    ['*💯*', 'é💯', true],
  ])('%s, of %j: %j', (pattern, name, matches) => {
    expect(new TopicPattern(pattern).matches(name)).toBe(matches);
  });

  it('means the same as its specification', () => {
    // Few letters, so that much is alike.
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '💯'), maxLength: 8 });
    const name = fc.string({ unit: fc.constantFrom('a', 'b', '💯'), maxLength: 10 });
    fc.assert(
      fc.property(pattern, name, (text, topic) => {
        expect(new TopicPattern(text).matches(topic)).toBe(specified(text, topic));
      }),
      { numRuns: 3000 },
    );
  });

  it.each<[string, (n: number) => [pattern: string, name: string]]>([
    ['many stars', (n) => [`${'a*'.repeat(n)}b`, 'a'.repeat(n * 20)]],
    [
      'a long piece that almost fits everywhere',
      (n) => [`*${'a'.repeat(n)}b*`, 'a'.repeat(n * 20)],
    ],
    ['pieces that fit again and again', (n) => [`${'*ab'.repeat(n)}*c*`, 'ab'.repeat(n * 20)]],
    ['stars alone', (n) => ['*'.repeat(n), 'a'.repeat(n * 20)]],
  ])('looks at each character of a name a few times at most: %s', (_, make) => {
    for (const n of [10, 100, 1000]) {
      const [pattern, name] = make(n);
      expect(looks(pattern, name)).toBeLessThan(4 * (name.length + pattern.length));
    }
  });
});
