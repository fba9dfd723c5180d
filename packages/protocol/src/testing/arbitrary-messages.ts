import fc from 'fast-check';
import {
  type CommandRequest,
  type CommandResponse,
  commandRequest,
  type KvpairMessage,
  type ValueMessage,
} from '../messages.js';

const NAMES = [
  '',
  '__proto__',
  'constructor',
  'toString',
  '0',
  '42',
  '-1',
  '\0',
  '\uFEFFbom',
  '💯',
];

const text: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...NAMES),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 200 }),
);
const texts = fc.array(text, { maxLength: 5 });

/** Records like literals, whose prototype is that of Object. */
const LITERAL = { noNullPrototype: true } as const;

function carrying<Case extends string, T>(
  type: Case,
  value: fc.Arbitrary<T>,
): fc.Arbitrary<{ value: { case: Case; value: T } }> {
  return value.map((carried) => ({ value: { case: type, value: carried } }));
}

const value: fc.Arbitrary<ValueMessage> = fc.oneof(
  fc.constant({ value: { case: undefined } }),
  carrying('string', text),
  carrying('binary', fc.uint8Array({ maxLength: 40 })),
  carrying('integer', fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  carrying('float', fc.double()),
  carrying('bool', fc.boolean()),
);

const pair: fc.Arbitrary<KvpairMessage> = fc.record(
  { key: text, value },
  { ...LITERAL, requiredKeys: ['key'] },
);
const pairs = fc.array(pair, { maxLength: 5 });

const whole = fc.record({ table: text }, LITERAL);
const one = fc.record({ table: text, key: text }, LITERAL);
const many = fc.record({ table: text, keys: texts }, LITERAL);
const set = fc.record({ table: text, pair }, { ...LITERAL, requiredKeys: ['table'] });
const setMany = fc.record({ table: text, pairs }, LITERAL);

const scan = fc.record(
  {
    table: text,
    cursor: fc.uint8Array({ maxLength: 40 }),
    limit: fc.nat({ max: 2 ** 32 - 1 }),
    prefix: text,
    positioned: fc.boolean(),
  },
  { ...LITERAL, requiredKeys: ['table', 'cursor', 'limit', 'prefix'] },
);

const uint32 = fc.nat({ max: 2 ** 32 - 1 });
const subscribe = fc.record(
  { topic: text, pattern: text, maxMessages: uint32, maxBytes: uint32, overflow: text },
  LITERAL,
);
const unsubscribe = fc.record({ topic: text, id: uint32 }, LITERAL);
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const position = fc.record({ epoch: int64, sequence: int64 }, LITERAL);
const change = fc.record(
  { position, key: text, cause: text, value, old: value, oldKnown: fc.boolean() },
  { ...LITERAL, requiredKeys: ['key', 'cause', 'oldKnown'] },
);
const watch = fc.record(
  {
    ...{ table: text, key: text, prefix: text },
    ...{ maxMessages: uint32, maxBytes: uint32, overflow: text },
  },
  LITERAL,
);
const changes = fc.record(
  { table: text, key: text, prefix: text, after: position, limit: uint32 },
  { ...LITERAL, requiredKeys: ['table', 'key', 'prefix', 'limit'] },
);
const publish = fc.record({ topic: text, data: fc.array(value, { maxLength: 5 }) }, LITERAL);

/** Any request that there can be. */
export const request: fc.Arbitrary<CommandRequest> = fc.oneof(
  fc.constant({ requestData: { case: undefined } }),
  one.map((message) => commandRequest('hget', message)),
  whole.map((message) => commandRequest('hgetall', message)),
  many.map((message) => commandRequest('hmget', message)),
  set.map((message) => commandRequest('hset', message)),
  setMany.map((message) => commandRequest('hmset', message)),
  one.map((message) => commandRequest('hdel', message)),
  many.map((message) => commandRequest('hmdel', message)),
  one.map((message) => commandRequest('hexist', message)),
  many.map((message) => commandRequest('hmexist', message)),
  subscribe.map((message) => commandRequest('subscribe', message)),
  unsubscribe.map((message) => commandRequest('unsubscribe', message)),
  publish.map((message) => commandRequest('publish', message)),
  scan.map((message) => commandRequest('hscan', message)),
  fc.constant(commandRequest('snapshot', {})),
  watch.map((message) => commandRequest('watch', message)),
  changes.map((message) => commandRequest('changes', message)),
);

/** Any response that there can be. */
export const response: fc.Arbitrary<CommandResponse> = fc.record(
  {
    status: fc.nat({ max: 2 ** 32 - 1 }),
    message: text,
    values: fc.array(value, { maxLength: 5 }),
    pairs,
    cursor: fc.uint8Array({ maxLength: 40 }),
    topic: text,
    subscription: uint32,
    delivered: uint32,
    missed: uint32,
    change,
    position,
    page: fc.record({ changes: fc.array(change, { maxLength: 3 }) }, LITERAL),
  },
  { ...LITERAL, requiredKeys: ['status', 'message', 'values', 'pairs'] },
);
