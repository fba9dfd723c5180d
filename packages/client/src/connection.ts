import type { Duplex } from 'node:stream';
import {
  ByteWriter,
  beginFrame,
  type CommandResponse,
  endFrame,
  Fifo,
  FrameReader,
  KvError,
  type KvErrorCode,
} from '@kv/protocol';
import type { Call } from './call.js';
import type { Settings } from './options.js';

/** The longest that a server may owe an answer without a byte, whatever the calls' time-outs. */
const MAX_SILENCE_MS = 10_000;

/** What is left of a connection that is gone. */
export interface Remains {
  /** Why it is gone, if not because either side ended it. */
  readonly error: Error | undefined;
  /** Whether the server ever answered. */
  readonly answered: boolean;
  /** Calls that the server may or may not have carried out. */
  readonly unanswered: readonly Call[];
  /** Calls that have never left. */
  readonly unsent: readonly Call[];
}

/**
 * One open stream to a server. Calls made in one tick leave in one write; answers are theirs in the
 * order in which they were sent. What is pushed to subscriptions may stand between any two answers.
 */
export class Connection {
  readonly #stream: Duplex;
  readonly #settings: Settings;
  readonly #reader: FrameReader;
  readonly #out: ByteWriter = new ByteWriter();
  readonly #calls: Fifo<Call> = new Fifo();
  /** How many of `#calls` have been handed to the stream; the others are still in `#out`. */
  #sent = 0;
  #pending = 0;
  #flushScheduled = false;
  #answered = false;
  /** When the server last said anything, by `performance.now()`; at first, when it was reached. */
  #heardAt: number = performance.now();
  #error: Error | undefined;
  readonly #onPush: (push: CommandResponse) => void;

  /**
   * @param onPush called with what is pushed to a subscription.
   * @param onClose called once, when the stream is gone.
   */
  constructor(
    stream: Duplex,
    settings: Settings,
    onPush: (push: CommandResponse) => void,
    onClose: (remains: Remains) => void,
  ) {
    this.#stream = stream;
    this.#settings = settings;
    this.#onPush = onPush;
    this.#reader = new FrameReader(settings.format);
    stream.on('data', (chunk: Uint8Array) => this.#onData(chunk));
    stream.on('end', () => stream.destroy());
    stream.on('error', (error) => {
      this.#error = error;
    });
    stream.on('close', () => {
      const calls = [...this.#calls];
      onClose({
        error: this.#error,
        answered: this.#answered,
        unanswered: calls.slice(0, this.#sent),
        unsent: calls.slice(this.#sent),
      });
    });
  }

  /** Calls that have no answer yet. */
  get calls(): Iterable<Call> {
    return this.#calls;
  }

  /** How many calls of the application have no answer yet, those included that nobody waits for any more. */
  get pending(): number {
    return this.#pending;
  }

  /** Whether it is gone, or goes. */
  get destroyed(): boolean {
    return this.#stream.destroyed;
  }

  /**
   * Sends a call, together with the others of this tick.
   *
   * @throws {KvError} if it cannot be encoded, `TOO_LARGE` for instance; nothing is sent then.
   */
  send(call: Call): void {
    const { codec, format } = this.#settings;
    const start = beginFrame(this.#out, format);
    try {
      codec.encodeRequest(call.request, this.#out);
      endFrame(this.#out, format, start);
    } catch (error) {
      this.#out.length = start;
      throw KvError.from(error);
    }
    this.#calls.push(call);
    if (!call.isOwn) this.#pending++;
    call.sent = true;
    if (!this.#flushScheduled) {
      this.#flushScheduled = true;
      process.nextTick(this.#flush);
    }
  }

  /**
   * Destroys the stream if the server has owed its next answer for too long and said nothing since,
   * unless the application still waits for that very answer: the server may be at work on it.
   */
  destroyIfSilent(): void {
    const next = this.#calls.peek();
    // What the client asks for by itself can be asked of another; nobody waits for it at this connection.
    if (this.#sent === 0 || next === undefined || !(next.settled || next.isOwn)) return;
    // A call's own time-out, which may be short, says nothing of the server.
    const silenceMs = Math.min(this.#settings.timeoutMs, MAX_SILENCE_MS);
    if (performance.now() < Math.max(this.#heardAt, next.madeAt) + silenceMs) return;
    this.#stream.destroy(
      new KvError('UNAVAILABLE', `The server was silent for ${silenceMs} ms and more`),
    );
  }

  /** Ends the stream as soon as every call is answered, or has failed. No call may be sent after this. */
  async end(): Promise<void> {
    await Promise.allSettled(Array.from(this.#calls, (call) => call.promise));
    if (this.#stream.closed) return;
    await new Promise<void>((resolve) => {
      this.#stream.once('close', resolve);
      // Nobody waits for what may still be unsent, and a peer that does not read would hold it up.
      this.#stream.destroy();
    });
  }

  readonly #flush = (): void => {
    this.#flushScheduled = false;
    // What has not been written when the stream is gone has certainly not been carried out.
    if (!this.#stream.writable) return;
    this.#sent = this.#calls.length;
    this.#stream.write(this.#out.take());
  };

  #onData(chunk: Uint8Array): void {
    // A destroyed stream may still deliver what it had buffered.
    if (this.#stream.destroyed) return;
    this.#heardAt = performance.now();
    try {
      this.#reader.push(chunk);
      while (this.#nextFrame()) this.#receive();
    } catch (error) {
      this.#stream.destroy(KvError.from(error));
    }
  }

  #nextFrame(): boolean {
    try {
      return this.#reader.next();
    } catch (cause) {
      // The stream is lost, but not this call: repeated, it would lose the next stream as well.
      const why = 'is longer than maxFrameBytes, or kv --max-frame, allows';
      this.#takeSent()?.fail(unusable('TOO_LARGE', why, cause));
      throw cause;
    }
  }

  #receive(): void {
    const response = this.#decode();
    if (response?.subscription !== undefined) this.#onPush(response);
    else if (response !== undefined) this.#nextCall().answer(response);
  }

  /** @returns `undefined` for what cannot be decoded, which is taken for an answer. */
  #decode(): CommandResponse | undefined {
    const { bytes, start, end } = this.#reader;
    try {
      return this.#settings.codec.decodeResponse(bytes, start, end);
    } catch (cause) {
      // The frame had an end: the answers after it can be read.
      this.#nextCall().fail(unusable('INTERNAL', 'cannot be decoded', cause));
      return undefined;
    }
  }

  /** The call to which the answer belongs that has come. */
  #nextCall(): Call {
    const call = this.#takeSent();
    if (call === undefined) throw new KvError('INTERNAL', 'The server answered what nobody asked');
    this.#answered = true;
    return call;
  }

  /** Takes out the call to which the next answer belongs. */
  #takeSent(): Call | undefined {
    if (this.#sent === 0) return undefined;
    this.#sent--;
    const call = this.#calls.shift();
    if (call?.isOwn === false) this.#pending--;
    return call;
  }
}

function unusable(code: KvErrorCode, why: string, cause: unknown): KvError {
  return new KvError(code, `The answer ${why}: a write may have taken effect`, { cause });
}
