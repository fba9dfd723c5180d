import { type CommandRequest, commandRequest, type Value, valueToMessage } from '@kv/core';
import { ByteWriter, type KvpairMessage, straightLineCodec } from '@kv/protocol';
import type { Random } from '../random.js';

const TABLES = ['t', 'users', '__proto__', 'Tür'] as const;
const KEYS = ['a', 'b', 'key:000000000001', '__proto__', '💯', 'k'.repeat(300)] as const;
/** What is refused. */
const BAD_TABLES = ['', 't'.repeat(256)] as const;
const BAD_KEYS = ['', 'k'.repeat(4097)] as const;

/** The bytes of a request. */
export function encodedRequest(request: CommandRequest): Uint8Array {
  const out = new ByteWriter();
  straightLineCodec.encodeRequest(request, out);
  return out.take();
}

/** A request of whatever kind, mostly one that can be carried out. */
export function randomRequest(random: Random): CommandRequest {
  const table = rarely(random) ? random.pick(BAD_TABLES) : random.pick(TABLES);
  const key = randomKey(random);
  switch (random.below(12)) {
    case 0:
    case 1:
      return commandRequest('hget', { table, key });
    case 2:
      return commandRequest('hdel', { table, key });
    case 3:
      return commandRequest('hexist', { table, key });
    case 4:
      return commandRequest('hgetall', { table });
    case 5:
      return commandRequest('hmget', { table, keys: several(random, randomKey) });
    case 6:
      return commandRequest('hmexist', { table, keys: several(random, randomKey) });
    case 7:
      return commandRequest('hmdel', { table, keys: several(random, randomKey) });
    case 8:
      return commandRequest('hmset', { table, pairs: several(random, randomPair) });
    default:
      return commandRequest('hset', { table, pair: randomPair(random) });
  }
}

/** Now and then a request with a byte too many, too few, or another. */
export function damaged(random: Random, bytes: Uint8Array): Uint8Array {
  const at = random.below(bytes.length);
  switch (random.below(12)) {
    case 0:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
    case 1:
      return Buffer.concat([
        bytes.subarray(0, at),
        Buffer.of(random.below(256)),
        bytes.subarray(at),
      ]);
    case 2:
      return Buffer.concat([
        bytes.subarray(0, at),
        Buffer.of(random.below(256)),
        bytes.subarray(at + 1),
      ]);
    default:
      return bytes;
  }
}

function rarely(random: Random): boolean {
  return random.below(50) === 0;
}

/** None, some or many, the same ones several times among them. */
function several<Item>(random: Random, make: (random: Random) => Item): Item[] {
  return random.list(random.below(rarely(random) ? 200 : 6), () => make(random));
}

function randomKey(random: Random): string {
  if (rarely(random)) return random.pick(BAD_KEYS);
  return random.below(2) === 0 ? random.pick(KEYS) : `key ${random.below(30)}`;
}

function randomPair(random: Random): KvpairMessage {
  const key = randomKey(random);
  return rarely(random) ? { key } : { key, value: valueToMessage(randomValue(random)) };
}

function randomValue(random: Random): Value {
  const numbers: readonly [number, ...number[]] = [0, -0, 1.5, Number.NaN, -Infinity, 2 ** 53];
  switch (random.below(6)) {
    case 0:
      return random.pick(['', 'text', 'Straße', '\u{FEFF}', '💯']);
    case 1:
      return 'x'.repeat(random.below(5000));
    case 2:
      return Uint8Array.from(random.list(random.below(300), () => random.below(256)));
    case 3: {
      const [high, low] = [random.below(2 ** 32), random.below(2 ** 32)];
      const bits = (BigInt(high) << 32n) | BigInt(low);
      return BigInt.asIntN(64, bits) >> BigInt(random.below(64));
    }
    case 4:
      return random.pick(numbers);
    default:
      return random.below(2) === 0;
  }
}
