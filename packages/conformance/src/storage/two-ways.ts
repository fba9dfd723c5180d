import {
  type Awaitable,
  type CommandRequest,
  type CommandResponse,
  Engine,
  MAX_PREFETCH,
  MemoryStorage,
  type Session,
  type Storage,
} from '@kv/core';
import { ByteWriter, errorResponse, KvError, straightLineCodec } from '@kv/protocol';
import { expect } from 'vitest';
import { LaneAnswers } from '../lane-answers.js';

const PEER = { transport: 'lane', address: 'here' };

/** The longest response that the peer can be sent: tables are sometimes larger. */
const LIMITED = { maxResponseBytes: 20_000 };

/** What was answered on each way. */
export interface Answers {
  readonly lane: string;
  readonly plain: string;
}

/** The two ways to the same answers: the lane of a storage, and the plain path, which specifies it. */
export class TwoWays {
  readonly #laneEngine: Engine;
  readonly #plainEngine: Engine = new Engine({ storage: new MemoryStorage() });
  readonly #lane: Session;
  readonly #plain: Session;
  /** The plain path over the storage of the lane, beside it. */
  readonly #own: Session;
  readonly #later = new LaneAnswers();
  /** How many requests the lane has taken. */
  taken = 0;

  constructor(storage: Storage) {
    this.#laneEngine = new Engine({ storage, onError: () => {} });
    this.#lane = this.#laneEngine.openSession(PEER, LIMITED);
    this.#plain = this.#plainEngine.openSession(PEER, LIMITED);
    this.#own = new Engine({ storage }).openSession(PEER, LIMITED);
  }

  /** Asks for the same on both ways: for several things that come together, as in a chunk from a socket. */
  async ask(...requests: readonly Uint8Array[]): Promise<Answers[]> {
    const parts = requests.flatMap((bytes) => [Buffer.of(1, 2, 3), bytes]);
    const chunk = Buffer.concat([...parts, Buffer.of(4, 5)]);
    const [starts, ends] = [new Uint32Array(MAX_PREFETCH), new Uint32Array(MAX_PREFETCH)];
    let at = 0;
    requests.forEach(({ length }, i) => {
      starts[i] = at + 3;
      ends[i] = at + 3 + length;
      at += 3 + length;
    });
    const first = this.#lane.prefetch(chunk, starts, ends, requests.length);
    const answers: { lane: Awaitable<string>; plain: string }[] = [];
    for (const [i, bytes] of requests.entries()) {
      const place = first === 0 ? 0 : first + i;
      const [start = 0, end = 0] = [starts[i], ends[i]];
      const lane = this.#answer(chunk, start, end, place);
      // What is deferred must not need the bytes any more.
      chunk.fill(0xff, start, end);
      answers.push({
        lane: lane ?? carryOut(this.#lane, bytes).then(encoded),
        plain: await this.#plainly(bytes),
      });
    }
    return Promise.all(answers.map(async ({ lane, plain }) => ({ lane: await lane, plain })));
  }

  /** What the plain path answers for a request over the storage of the lane. */
  async own(bytes: Uint8Array): Promise<CommandResponse> {
    return carryOut(this.#own, bytes);
  }

  /** The figures of both. */
  figures(): { lane: object; plain: object } {
    const of = (engine: Engine): object => {
      const { requests, inFlight, commands, statuses } = engine.stats();
      return { requests, inFlight, commands, statuses };
    };
    return { lane: of(this.#laneEngine), plain: of(this.#plainEngine) };
  }

  /** What the lane answers, at once or later; `undefined` if it leaves it to the plain path. */
  #answer(
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
    return outcome === 'deferred' ? this.#later.next().then(hex) : undefined;
  }

  /** What the plain path answers. The order of pairs is the storage's own, so that is asked in its turn. */
  async #plainly(bytes: Uint8Array): Promise<string> {
    const response = await carryOut(this.#plain, bytes);
    if (response.pairs.length === 0) return encoded(response);
    const own = await this.own(bytes);
    expect(encoded(sorted(own))).toBe(encoded(sorted(response)));
    return encoded(own);
  }
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

async function carryOut(session: Session, bytes: Uint8Array): Promise<CommandResponse> {
  let request: CommandRequest;
  try {
    request = straightLineCodec.decodeRequest(bytes, 0, bytes.length);
  } catch (error) {
    return errorResponse(KvError.from(error));
  }
  return session.execute(request);
}

function encoded(response: CommandResponse): string {
  const out = new ByteWriter();
  straightLineCodec.encodeResponse(response, out);
  return hex(out.take());
}

function sorted(response: CommandResponse): CommandResponse {
  const pairs = [...response.pairs].sort(({ key: a }, { key: b }) => (a < b ? -1 : Number(a > b)));
  return { ...response, pairs };
}
