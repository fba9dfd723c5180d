import type { Duplex } from 'node:stream';
import { ByteWriter, beginFrame, endFrame, Fifo, FrameReader, KvError } from '@kv/protocol';
import type { Call } from './call.js';
import type { Settings } from './options.js';

/** What is left of a connection that is gone. */
export interface Remains {
  /** Why it is gone, if not because either side ended it. */
  readonly error: Error | undefined;
  /** Calls that the server may or may not have carried out. */
  readonly unanswered: readonly Call[];
  /** Calls that have never left. */
  readonly unsent: readonly Call[];
}

/**
 * One open stream to a server. Calls made in one tick leave in one write; answers are theirs in the
 * order in which they were sent.
 */
export class Connection {
  readonly #stream: Duplex;
  readonly #settings: Settings;
  readonly #reader: FrameReader;
  readonly #out: ByteWriter = new ByteWriter();
  readonly #calls: Fifo<Call> = new Fifo();
  /** How many of `#calls` have been handed to the stream; the others are still in `#out`. */
  #sent = 0;
  #flushScheduled = false;
  #error: Error | undefined;

  /** @param onClose called once, when the stream is gone. */
  constructor(stream: Duplex, settings: Settings, onClose: (remains: Remains) => void) {
    this.#stream = stream;
    this.#settings = settings;
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
        unanswered: calls.slice(0, this.#sent),
        unsent: calls.slice(this.#sent),
      });
    });
  }

  /** Calls that have no answer yet. */
  get calls(): Iterable<Call> {
    return this.#calls;
  }

  /** How many calls have no answer yet, those included that nobody waits for any more. */
  get pending(): number {
    return this.#calls.length;
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
    if (!this.#flushScheduled) {
      this.#flushScheduled = true;
      process.nextTick(this.#flush);
    }
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
    try {
      this.#reader.push(chunk);
      while (this.#reader.next()) this.#answer();
    } catch (error) {
      this.#stream.destroy(KvError.from(error));
    }
  }

  #answer(): void {
    const { bytes, start, end } = this.#reader;
    const response = this.#settings.codec.decodeResponse(bytes, start, end);
    const call = this.#calls.shift();
    if (call === undefined) throw new KvError('INTERNAL', 'The server answered what nobody asked');
    this.#sent--;
    call.answer(response);
  }
}
