import {
  type AnswerSink,
  type Awaitable,
  type CommandRequest,
  type CommandResponse,
  commandRequest,
  Engine,
  FORESEEN,
  MemoryStorage,
  type Session,
  type Storage,
  type Value,
  valueToMessage,
} from '@kv/core';
import { ByteWriter, errorResponse, Fifo, KvError, straightLineCodec } from '@kv/protocol';
import { expect } from 'vitest';
import { Random } from '../../random.js';
import type { StorageCheck } from '../storage-check.js';

const CHUNKS = 500;
const TABLES = ['t', 'users', '__proto__', 'Tür'] as const;
const KEYS = ['a', 'b', 'key:000000000001', '__proto__', '💯', 'k'.repeat(300)] as const;

const PEER = { transport: 'lane', address: 'here' };

/** What was answered on each way. */
interface Answers {
  readonly lane: string;
  readonly plain: string;
}

/** What a lane answers later, in order. */
class LaterAnswers implements AnswerSink {
  readonly #waiting = new Fifo<(answer: string) => void>();
  #out = new ByteWriter();

  /** The answer that is the next after those that are waited for already. */
  next(): Promise<string> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  begin(): ByteWriter {
    return this.#out;
  }

  end(): void {
    this.#waiting.shift()?.(hex(this.#out.take()));
  }

  cancel(): void {
    this.#out = new ByteWriter();
  }

  readonly send = (response: CommandResponse): void => {
    straightLineCodec.encodeResponse(response, this.#out);
    this.end();
  };
}

/** The two ways to the same answers, and what has been asked on both. */
class TwoWays {
  readonly #lane: Session;
  readonly #plain: Engine = new Engine({ storage: new MemoryStorage() });
  readonly laneEngine: Engine;
  readonly #later = new LaterAnswers();
  taken = 0;

  constructor(storage: Storage) {
    this.laneEngine = new Engine({ storage, onError: () => {} });
    this.#lane = this.laneEngine.openSession(PEER);
  }

  /** Asks for the same on both ways: for several things that come together, as in a chunk from a socket. */
  async ask(...requests: readonly Uint8Array[]): Promise<Answers[]> {
    const parts = requests.flatMap((bytes) => [Buffer.of(1, 2, 3), bytes]);
    const chunk = Buffer.concat([...parts, Buffer.of(4, 5)]);
    const [starts, ends] = [new Uint32Array(FORESEEN), new Uint32Array(FORESEEN)];
    let at = 0;
    requests.forEach(({ length }, i) => {
      starts[i] = at + 3;
      ends[i] = at + 3 + length;
      at += 3 + length;
    });
    const first = this.#lane.foresee(chunk, starts, ends, requests.length);
    const places = requests.map((_, i) => (first === 0 ? 0 : first + i));
    const answers = requests.map((bytes, i) => {
      const lane = this.#ask(chunk, starts[i] ?? 0, ends[i] ?? 0, places[i] ?? 0);
      return Promise.all([lane ?? answer(this.laneEngine, bytes), answer(this.#plain, bytes)]);
    });
    // What is deferred must not need the bytes any more.
    chunk.fill(0xff);
    return (await Promise.all(answers)).map(([lane, plain]) => ({ lane, plain }));
  }

  /** The lane's answer, if it takes the request. */
  #ask(
    chunk: Uint8Array,
    start: number,
    end: number,
    place: number,
  ): Awaitable<string> | undefined {
    const out = new ByteWriter();
    out.write(Buffer.from('before'));
    const outcome = this.#lane.answer(chunk, start, end, out, place, this.#later);
    const appended = Buffer.from(out.take());
    expect(String(appended.subarray(0, 6))).toBe('before');
    if (outcome !== 'declined') this.taken++;
    if (outcome === 'answered') return hex(appended.subarray(6));
    expect(appended.length, 'bytes of a request that was not answered').toBe(6);
    return outcome === 'deferred' ? this.#later.next() : undefined;
  }

  /** The figures of both. */
  figures(): { lane: object; plain: object } {
    const of = (engine: Engine): object => {
      const { requests, inFlight, commands, statuses } = engine.stats();
      return { requests, inFlight, commands, statuses };
    };
    return { lane: of(this.laneEngine), plain: of(this.#plain) };
  }
}

/** The answer on the plain path, whose codec and commands are the specification. */
async function answer(engine: Engine, bytes: Uint8Array): Promise<string> {
  const out = new ByteWriter();
  straightLineCodec.encodeResponse(await carryOut(engine, bytes), out);
  return hex(out.take());
}

async function carryOut(engine: Engine, bytes: Uint8Array): Promise<CommandResponse> {
  let request: CommandRequest;
  try {
    request = straightLineCodec.decodeRequest(bytes, 0, bytes.length);
  } catch (error) {
    return errorResponse(KvError.from(error));
  }
  return engine.execute(request);
}

function encoded(request: CommandRequest): Uint8Array {
  const out = new ByteWriter();
  straightLineCodec.encodeRequest(request, out);
  return out.take();
}

function randomRequest(random: Random): CommandRequest {
  const table = random.pick(TABLES);
  const key = random.pick(KEYS);
  switch (random.below(8)) {
    case 0:
    case 1:
      return commandRequest('hget', { table, key });
    case 2:
      return commandRequest('hdel', { table, key });
    case 3:
      return commandRequest('hexist', { table, key });
    case 4:
      return commandRequest('hmget', { table, keys: [key, 'a'] });
    default:
      return commandRequest('hset', {
        table,
        pair: { key, value: valueToMessage(randomValue(random)) },
      });
  }
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

/** Now and then a request with a byte too many, too few, or another. */
function damaged(random: Random, bytes: Uint8Array): Uint8Array {
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

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** That the short way cannot be told from the long one. */
export const laneChecks: readonly StorageCheck[] = [
  {
    title: 'the lane answers as the commands do, to the last byte and in every figure',
    needs: 'lane',
    async run({ storage, seed }) {
      const random = new Random(seed);
      const ways = new TwoWays(storage);
      for (let i = 0; i < CHUNKS; i++) {
        const requests = random.list(1 + random.below(FORESEEN), () =>
          damaged(random, encoded(randomRequest(random))),
        );
        const story = `seed ${seed}, chunk ${i}: ${requests.map(hex).join(' ')}`;
        for (const { lane, plain } of await ways.ask(...requests)) expect(lane, story).toBe(plain);
      }
      const { lane, plain } = ways.figures();
      expect(lane).toEqual(plain);
    },
  },
  {
    title: 'the lane takes requests of one key as encoders make them',
    needs: 'lane',
    async run({ storage }) {
      const ways = new TwoWays(storage);
      const pair = { key: 'k', value: valueToMessage('v') };
      await ways.ask(encoded(commandRequest('hset', { table: 't', pair })));
      await ways.ask(encoded(commandRequest('hget', { table: 't', key: 'k' })));
      expect(ways.taken).toBe(2);
    },
  },
  {
    title: 'the lane and the methods see what the other has written',
    needs: 'lane',
    async run({ storage }) {
      const ways = new TwoWays(storage);
      const pair = { key: 'k', value: valueToMessage('by the lane') };
      await ways.ask(encoded(commandRequest('hset', { table: 't', pair })));
      expect(await storage.get('t', 'k')).toBe('by the lane');
      await storage.set('t', 'k', 'by a method');
      const get = encoded(commandRequest('hget', { table: 't', key: 'k' }));
      const [answers] = await ways.ask(get);
      expect(answers?.lane).toContain(hex(Buffer.from('by a method')));
    },
  },
  {
    title: 'the lane leaves what comes after close to the methods',
    needs: 'lane',
    async run({ storage, close }) {
      const ways = new TwoWays(storage);
      await close();
      const get = encoded(commandRequest('hget', { table: 't', key: 'k' }));
      const { status } = await carryOut(ways.laneEngine, get);
      expect(status).toBe(503);
      await ways.ask(get);
      expect(ways.taken).toBe(0);
    },
  },
];
