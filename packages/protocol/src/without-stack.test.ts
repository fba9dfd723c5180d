import { expect, it } from 'vitest';
import { straightLineCodec } from './straight-line-codec.js';
import { withoutStack } from './without-stack.js';

it('an error made without a stack is an error all the same, and the next one has its stack', () => {
  const error = withoutStack(() => new TypeError('Wrong'));
  expect(error).toBeInstanceOf(TypeError);
  expect(error.stack).toBe('TypeError: Wrong');
  expect(new Error('Other').stack).toContain('without-stack.test');
});

it('the limit is put back though nothing could be made', () => {
  const fail = (): never => {
    throw new RangeError('Cannot');
  };
  expect(() => withoutStack(fail)).toThrow(RangeError);
  expect(new Error('Other').stack).toContain('without-stack.test');
});

it('a peer’s undecodable bytes cost no stack, neither the error’s nor its cause’s', () => {
  try {
    straightLineCodec.decodeRequest(Uint8Array.of(0xff), 0, 1);
    expect.unreachable();
  } catch (error) {
    expect(error).toMatchObject({ code: 'INVALID_COMMAND', cause: expect.any(Error) });
    for (const each of [error, (error as Error).cause]) {
      expect(String((each as Error).stack).split('\n')).toHaveLength(1);
    }
  }
});
