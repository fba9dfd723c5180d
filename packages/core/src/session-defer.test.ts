import {
  ByteWriter,
  type CommandRequest,
  type CommandResponse,
  commandRequest,
  errorResponse,
  KvError,
  okResponse,
  straightLineCodec,
  valueToMessage,
} from '@kv/protocol';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { AnswerSink } from './deferred-answer.js';
import { Engine } from './engine.js';
import type { LaneOutcome, Session } from './session.js';
import { SlabStorage } from './storage/slab/slab-storage.js';
import type { LaneAnswer, LaneRequest, StorageLane } from './storage/storage-lane.js';

const PEER = { transport: 'test', address: 'here' };
const DISK_FULL = new KvError('STORAGE_FAILURE', 'The disk is full');

/** A lane that defers, until it is told to go on, what it is told to. */
class LateLane implements StorageLane {
  readonly #lane: StorageLane;
  readonly #waiting: [LaneRequest, LaneAnswer][] = [];
  readonly #defers: (request: LaneRequest) => boolean;

  constructor(lane: StorageLane, defers: (request: LaneRequest) => boolean) {
    this.#lane = lane;
    this.#defers = defers;
  }

  execute(request: LaneRequest, out: ByteWriter): number {
    return this.#defers(request) ? 0 : this.#lane.execute(request, out);
  }

  defer(request: LaneRequest, answer: LaneAnswer): boolean {
    const bytes = Uint8Array.from(request.bytes);
    this.#waiting.push([{ ...request, bytes, view: new DataView(bytes.buffer) }, answer]);
    return true;
  }

  /** Carries out the request that has waited longest; answers whether there was one. */
  next(): boolean {
    const [request, answer] = this.#waiting.shift() ?? [];
    if (request === undefined) return false;
    expect(answer?.execute(this.#lane, request)).toBe(true);
    return true;
  }

  /** Has it fail. */
  fail(): void {
    this.#waiting.shift()?.[1].fail(DISK_FULL);
  }

  /** Has its lane begin an answer, and throw what no lane should. */
  breakDown(): void {
    const [request, answer] = this.#waiting.shift() ?? [];
    const execute = (_: LaneRequest, out: ByteWriter): never => {
      out.write(Uint8Array.of(8, 200));
      throw new TypeError('There is no such page');
    };
    expect(request && answer?.execute({ execute }, request)).toBe(true);
  }

  /** Has its lane leave it undone. */
  leave(): boolean | undefined {
    const [request, answer] = this.#waiting[0] ?? [];
    return request && answer?.execute({ execute: () => 0 }, request);
  }
}

/** What a peer is sent, in its order. */
class Answers implements AnswerSink {
  readonly responses: CommandResponse[] = [];
  #out: ByteWriter | undefined;

  begin(): ByteWriter {
    expect(this.#out).toBeUndefined();
    this.#out = new ByteWriter();
    return this.#out;
  }

  end(): void {
    this.append(this.#out as ByteWriter);
    this.#out = undefined;
  }

  cancel(): void {
    expect(this.#out?.length).toBe(0);
    this.#out = undefined;
  }

  append(out: ByteWriter): void {
    const bytes = out.take();
    this.responses.push(straightLineCodec.decodeResponse(bytes, 0, bytes.length));
  }

  readonly send = (response: CommandResponse): void => {
    this.responses.push(response);
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const get = (key: string): CommandRequest => commandRequest('hget', { table: 't', key });
const set = (key: string, text: string): CommandRequest =>
  commandRequest('hset', { table: 't', pair: { key, value: valueToMessage(text) } });
const answer = (text: string): CommandResponse => okResponse([valueToMessage(text)]);
const EMPTY = okResponse([{ value: { case: undefined } }]);

function setUp(defers: (request: LaneRequest) => boolean = ({ command }) => command === 'hset') {
  const storage = new SlabStorage();
  const lane = new LateLane(storage.lane, defers);
  const reported: KvError[] = [];
  const engine = new Engine({
    storage: Object.assign(storage, { lane }),
    onError: (error) => void reported.push(error),
  });
  const answers = new Answers();
  const session = engine.openSession(PEER);
  /** What a transport does with a request. */
  const ask = (request: CommandRequest, sink: AnswerSink | undefined = answers): LaneOutcome => {
    const [bytes, out] = [encoded(request), new ByteWriter()];
    const outcome = session.answer(bytes, 0, bytes.length, out, 0, sink);
    if (outcome === 'answered') answers.append(out);
    else expect(out.length).toBe(0);
    if (outcome === 'declined') session.receive(request, answers.send);
    // They are the peer's own.
    bytes.fill(0xff);
    return outcome;
  };
  return { storage, lane, engine, session, ask, answers, reported };
}

function encoded(request: CommandRequest): Uint8Array {
  const out = new ByteWriter();
  straightLineCodec.encodeRequest(request, out);
  return out.take();
}

const drained = (session: Session): void => expect(session.pending).toBe(0);

describe('a session whose storage defers', () => {
  it('answers when the storage has carried the request out', () => {
    const { ask, lane, answers, session, engine } = setUp();
    expect(ask(set('k', 'v'))).toBe('deferred');
    expect([answers.responses, session.pending, engine.stats().inFlight]).toEqual([[], 1, 1]);
    lane.next();
    expect(answers.responses).toEqual([EMPTY]);
    drained(session);
    expect(engine.stats()).toMatchObject({ inFlight: 0, requests: 1, statuses: { 200: 1 } });
    expect(engine.stats().commands.hset).toBe(1);
  });

  it('answers at once what needs no waiting', () => {
    const { ask, answers } = setUp();
    expect(ask(get('k'))).toBe('answered');
    expect(answers.responses).toMatchObject([{ status: 404 }]);
  });

  it('has later requests of its peer wait for earlier ones, and sees what these have done', () => {
    const { ask, lane, answers } = setUp();
    ask(set('k', 'v'));
    expect(ask(get('k'))).toBe('deferred');
    lane.next();
    lane.next();
    expect(answers.responses).toEqual([EMPTY, answer('v')]);
  });

  it('answers that it failed, and says why to the engine alone, if the lane has a fault', () => {
    const { ask, lane, answers, session, reported } = setUp();
    ask(set('k', 'v'));
    ask(set('k', 'w'));
    lane.breakDown();
    lane.next();
    expect(answers.responses).toMatchObject([{ status: 500 }, { status: 200 }]);
    expect(reported).toMatchObject([{ code: 'INTERNAL', cause: expect.any(TypeError) }]);
    drained(session);
  });

  it('lets no other peer wait', () => {
    const { ask, engine } = setUp();
    ask(set('k', 'v'));
    const bytes = encoded(get('k'));
    const other = engine.openSession(PEER);
    expect(other.answer(bytes, 0, bytes.length, new ByteWriter())).toBe('answered');
  });

  it('keeps an answer whose turn has not come', async () => {
    const { ask, lane, answers, storage, session } = setUp();
    let carryOn = (): void => {};
    const waiting = new Promise<string>((resolve) => {
      carryOn = () => resolve('late');
    });
    storage.get = () => waiting as never;
    session.receive(get('a'), answers.send);
    ask(set('k', 'v'));
    lane.next();
    expect(answers.responses).toEqual([]);
    carryOn();
    await turn();
    expect(answers.responses).toEqual([answer('late'), EMPTY]);
    drained(session);
  });

  it('says so if there is no memory for such an answer when its turn has come', async () => {
    const { ask, lane, answers, storage, session, reported } = setUp();
    storage.set('t', 'k', 'x'.repeat(10_000));
    let carryOn = (): void => {};
    const waiting = new Promise<string>((resolve) => {
      carryOn = () => resolve('late');
    });
    storage.get = () => waiting as never;
    session.receive(get('a'), answers.send);
    ask(set('k', 'v'));
    lane.next();
    const allocate = vi.spyOn(Buffer, 'allocUnsafeSlow').mockImplementation(() => {
      throw new RangeError('Array buffer allocation failed');
    });
    onTestFinished(() => allocate.mockRestore());
    carryOn();
    await turn();
    expect(answers.responses).toMatchObject([{ status: 200 }, { status: 500 }]);
    expect(reported).toMatchObject([{ code: 'INTERNAL' }]);
    drained(session);
  });

  it('answers what failed with the error, and reports it', () => {
    const { ask, lane, answers, reported, engine } = setUp();
    ask(set('k', 'v'));
    expect(lane.leave()).toBe(false);
    lane.fail();
    expect(answers.responses).toEqual([errorResponse(DISK_FULL)]);
    expect(reported).toEqual([DISK_FULL]);
    expect(engine.stats()).toMatchObject({ inFlight: 0, statuses: { 507: 1 } });
  });

  it('declines what would be deferred, of a transport that has nowhere for it to go', () => {
    const { session } = setUp();
    const bytes = encoded(set('k', 'v'));
    expect(session.answer(bytes, 0, bytes.length, new ByteWriter())).toBe('declined');
  });

  it('is waited for when the engine is closed', async () => {
    const { ask, lane, engine, answers, storage } = setUp();
    ask(set('k', 'v'));
    const closed = engine.close();
    expect(storage.get('t', 'other')).toBeUndefined();
    lane.next();
    await closed;
    expect(answers.responses).toEqual([EMPTY]);
  });

  it('answers as one that defers nothing, in the order of the requests', () => {
    const keys = fc.constantFrom('a', 'b', 'c');
    const step = fc.oneof(
      fc.record({
        ask: fc.oneof(
          keys.map(get),
          fc.tuple(keys, fc.string()).map(([k, v]) => set(k, v)),
        ),
      }),
      fc.record({ next: fc.constant(true) }),
    );
    fc.assert(
      fc.property(fc.array(step), fc.func(fc.boolean()), (steps, defers) => {
        let asked = 0;
        const late = setUp(() => defers(asked));
        const plain = new Engine();
        const expected: unknown[] = [];
        for (const each of steps) {
          if ('next' in each) {
            late.lane.next();
            continue;
          }
          asked++;
          // What is answered at once would else see less than what was asked before it.
          if (late.session.pending === 0) while (late.lane.next());
          late.ask(each.ask);
          expected.push(plain.execute(each.ask));
        }
        while (late.lane.next());
        expect(late.answers.responses).toEqual(expected);
        drained(late.session);
      }),
    );
  });
});
