import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { ByteWriter } from './byte-writer.js';
import type { CommandResponse } from './messages.js';
import { PushedResponse } from './pushed-message.js';
import { reflectionCodec } from './reflection-codec.js';
import { okResponse } from './response.js';
import { straightLineCodec } from './straight-line-codec.js';
import { response } from './testing/arbitrary-messages.js';
import { valueToMessage } from './value.js';

const id = fc.integer({ min: 0, max: 2 ** 32 - 1 });

function appended(append: (out: ByteWriter) => void): string {
  const out = new ByteWriter();
  append(out);
  return Buffer.from(out.take()).toString('hex');
}

describe('a pushed message', () => {
  it('has the bytes that the codec makes of it and its subscription', () => {
    fc.assert(
      fc.property(response, id, id, ({ status, message, values, pairs, topic }, to, missed) => {
        const common: CommandResponse = { status, message, values, pairs };
        if (topic !== undefined) common.topic = topic;
        const whole = { ...common, subscription: to, ...(missed > 0 && { missed }) };
        const pushed = new PushedResponse(common);
        for (const codec of [straightLineCodec, reflectionCodec, straightLineCodec]) {
          const expected = appended((out) => codec.encodeResponse(whole, out));
          expect(appended((out) => pushed.appendTo(out, codec, to, missed))).toBe(expected);
        }
      }),
    );
  });

  it('is encoded once, whoever gets it', () => {
    const encodeResponse = vi.fn(straightLineCodec.encodeResponse);
    const codec = { ...straightLineCodec, encodeResponse };
    const pushed = new PushedResponse({ ...okResponse([valueToMessage('v')]), topic: 't' });
    const out = new ByteWriter();
    for (let to = 1; to <= 1000; to++) pushed.appendTo(out, codec, to, 0);
    expect(encodeResponse).toHaveBeenCalledTimes(1);
  });

  it('takes about the room that its text and bytes do', () => {
    const bytesOf = (length: number): number =>
      new PushedResponse({
        ...okResponse([valueToMessage('x'.repeat(length)), valueToMessage(new Uint8Array(length))]),
        topic: 't'.repeat(length),
      }).bytes;
    expect(bytesOf(1000) - bytesOf(0)).toBe(3000);
    expect(bytesOf(0)).toBeGreaterThan(0);
    const many = new PushedResponse(
      okResponse(Array.from({ length: 100 }, () => valueToMessage(1n))),
    );
    expect(many.bytes).toBeGreaterThan(100 * 8);
  });
});
