import type { Duplex } from 'node:stream';
import type { AnswerSink, PushSink, Sent, Session } from '@kv/core';
import {
  ByteWriter,
  beginFrame,
  type CommandResponse,
  endFrame,
  errorResponse,
  KvError,
  type PushedMessage,
} from '@kv/protocol';
import type { ConnectionContext } from './connection-context.js';
import type { Flushed, FlushQueue } from './flush-queue.js';
import type { FrameRun, FrameRuns } from './frame-run.js';
import type { Settings } from './options.js';
import { type WriterPool, write } from './writer-pool.js';

/** What a {@link ResponseWriter} tells its connection. */
export interface WriteProgress {
  /** What was answered in a turn of the event loop has been written. */
  flushed(): void;
  /** The peer has taken what was written, or the kernel for it. */
  taken(): void;
  /** Nothing can be written any more: the peer must be cut, or it would wait for ever for what is lost. */
  failed(): void;
}

/**
 * The answers of one connection, and what is pushed over it, on their way from its session to its stream: puts
 * them into frames one behind the other, and tells who wants to hear of it when they are with the kernel. All
 * that are ready at the end of the event loop's turn leave in one write.
 */
export class ResponseWriter implements AnswerSink, PushSink, Flushed {
  readonly #stream: Duplex;
  readonly #session: Session;
  readonly #settings: Settings;
  readonly #writers: WriterPool;
  readonly #queue: FlushQueue;
  readonly #runs: FrameRuns;
  readonly #progress: WriteProgress;
  /** What has not been written yet, if there is anything. */
  #out: ByteWriter | undefined;
  /** What has not been written yet, in the place of `#out`, if it is what goes to other peers as well. */
  #run: FrameRun | undefined;
  /** Who wants to hear when the contents of `#out` are with the kernel. */
  #outSent: Sent[] = [];
  /** Where in `#out` the answer begins that was begun last. */
  #frame = 0;
  /** Writes under way of which somebody wants to hear. */
  readonly #writing: Set<readonly Sent[]> = new Set();
  #flushScheduled = false;
  #closed = false;

  constructor(
    stream: Duplex,
    session: Session,
    { settings, writers, queue, runs }: ConnectionContext,
    progress: WriteProgress,
  ) {
    this.#stream = stream;
    this.#session = session;
    this.#settings = settings;
    this.#writers = writers;
    this.#queue = queue;
    this.#runs = runs;
    this.#progress = progress;
  }

  /** The bytes of the answers that have not been written yet. */
  get length(): number {
    if (this.#out !== undefined) return this.#out.length;
    return this.#run === undefined ? 0 : this.#run.length;
  }

  /** The bytes of what the peer has not taken, or the kernel for it. */
  get unsent(): number {
    return this.#stream.writableLength + this.length;
  }

  get ready(): boolean {
    return this.unsent < this.#settings.maxUnsentBytes;
  }

  push(message: PushedMessage, subscription: number, missed: number): boolean {
    if (this.#closed) return true;
    try {
      const shared = this.#out === undefined && missed === 0;
      if (!shared || !this.#share(message, subscription)) this.#copy(message, subscription, missed);
    } catch {
      return false;
    }
    this.flushSoon();
    return true;
  }

  /**
   * Has the session answer a request from its bytes, as of {@link Session.answer}. Somebody has then to
   * have it written: {@link flushSoon}.
   *
   * @returns whether it takes care of it; if not, nothing was done.
   */
  answer(bytes: Uint8Array, start: number, end: number, place: number): boolean {
    const outcome = this.#session.answer(bytes, start, end, this.begin(), place, this);
    if (outcome === 'answered') this.#endFrame();
    else this.cancel();
    return outcome !== 'declined';
  }

  begin(): ByteWriter {
    try {
      this.#out ??= this.#takeWriter();
      this.#frame = beginFrame(this.#out, this.#settings.format);
    } catch (cause) {
      // Nothing is written any more to a peer that is cut.
      this.failed(cause);
      this.#out = new ByteWriter();
      this.#frame = beginFrame(this.#out, this.#settings.format);
    }
    return this.#out;
  }

  end(): void {
    if (this.#closed) {
      this.cancel();
      return;
    }
    this.#endFrame();
    this.flushSoon();
  }

  cancel(): void {
    (this.#out as ByteWriter).length = this.#frame;
  }

  /** Takes an answer from the session, and has it written soon. */
  readonly send = (response: CommandResponse, sent: Sent | undefined): void => {
    if (this.#closed) {
      sent?.(gone());
      return;
    }
    const error = this.#encode(response);
    if (error !== undefined) this.#session.unsendable(error);
    if (sent !== undefined) this.#outSent.push(error === undefined ? sent : () => sent(error));
    this.flushSoon();
  };

  /** Has what is answered, if there is anything, written at the end of the event loop's turn. */
  flushSoon(): void {
    if (this.#flushScheduled || (this.#out === undefined && this.#run === undefined)) return;
    this.#flushScheduled = true;
    this.#queue.add(this);
  }

  /** Writes what is answered, and has the connection go on with what waited for that. */
  flush(): void {
    this.#flushScheduled = false;
    const run = this.#out === undefined ? this.#run : undefined;
    if (run !== undefined && run.length < this.#settings.maxUnsentBytes) {
      // It has kept nobody waiting. Not to look at what else there is of the connection is a tenth of the cost.
      this.#writeRun(run);
    } else {
      this.write();
      this.#progress.flushed();
    }
  }

  failed(cause: unknown): void {
    if (this.#stream.destroyed) return;
    this.#session.unsendable(new KvError('INTERNAL', 'Answers cannot be written', { cause }));
    this.#progress.failed();
  }

  /** Writes what is answered. */
  write(): void {
    if (this.#run !== undefined) this.#writeRun(this.#run);
    const out = this.#out;
    if (out === undefined || this.#closed) return;
    this.#out = undefined;
    const sent = this.#outSent;
    if (sent.length > 0) this.#outSent = [];
    // The only answers to what was read may have to be waited for.
    if (out.length === 0) this.#writers.putBack(out);
    else if (sent.length === 0) this.#writers.write(this.#stream, out, this.#taken);
    else this.#writers.write(this.#stream, out, this.#taken, this.#tell(sent));
  }

  /** The stream is gone: tells all who wait for what is not with the kernel. */
  close(): void {
    this.#closed = true;
    this.#writing.add(this.#outSent);
    // A stream may drop the callbacks of its writes when it is destroyed.
    for (const sent of this.#writing) this.#settle(sent, gone());
  }

  #writeRun(run: FrameRun): void {
    this.#run = undefined;
    this.#runs.letGo();
    if (this.#closed) return;
    write(this.#stream, run.bytes, this.#taken);
  }

  /** @returns whether it goes to this peer with what goes to others; if not, nothing was done. */
  #share(message: PushedMessage, subscription: number): boolean {
    const { codec, format } = this.#settings;
    const frame = message.frameFor(subscription, codec, format);
    const run = frame && (this.#run ?? this.#runs.begin).with(frame);
    if (run === undefined) return false;
    this.#run = run;
    return true;
  }

  /** Appends what is pushed in a frame; nothing, if that fails. */
  #copy(message: PushedMessage, subscription: number, missed: number): void {
    const { codec, format } = this.#settings;
    const out = this.begin();
    try {
      message.appendTo(out, codec, subscription, missed);
      endFrame(out, format, this.#frame);
    } catch (error) {
      this.cancel();
      throw error;
    }
  }

  /** A writer, in which stands what was to go to others as well. */
  #takeWriter(): ByteWriter {
    const out = this.#writers.take();
    const run = this.#run;
    if (run === undefined) return out;
    this.#run = undefined;
    // If nobody else writes it, nobody else lets go of it either.
    this.#runs.letGo();
    out.write(run.bytes);
    return out;
  }

  #endFrame(): void {
    try {
      endFrame(this.#out as ByteWriter, this.#settings.format, this.#frame);
    } catch (cause) {
      this.#session.unsendable(this.#encodeUnsendable(cause));
    }
  }

  /**
   * Appends the answer to what is to be written; or, if it cannot be, the error that says so.
   *
   * @returns that error.
   */
  #encode(response: CommandResponse): KvError | undefined {
    try {
      this.#append(response);
      return undefined;
    } catch (cause) {
      return this.#encodeUnsendable(cause, response.pairs.length > 1);
    }
  }

  /**
   * Appends, in the place of an answer, the error that says why it cannot be sent, and returns it.
   *
   * @param paged whether the answer could be had in pages.
   */
  #encodeUnsendable(cause: unknown, paged = false): KvError {
    const error = unsendable(cause, paged);
    try {
      this.#append(errorResponse(error));
    } catch (thrown) {
      this.failed(thrown);
    }
    return error;
  }

  /** Appends a response in a frame; nothing, if that fails. */
  #append(response: CommandResponse): void {
    const { codec, format } = this.#settings;
    const out = this.begin();
    try {
      codec.encodeResponse(response, out);
      endFrame(out, format, this.#frame);
    } catch (error) {
      this.cancel();
      throw error;
    }
  }

  readonly #taken = (): void => this.#progress.taken();

  /** Has those told who want to hear of a write that now begins. */
  #tell(sent: readonly Sent[]): (error?: Error | null) => void {
    this.#writing.add(sent);
    return (error) => {
      // Of a stream that was destroyed, what was not written yet is reported without an error.
      this.#settle(sent, error ?? (this.#stream.destroyed ? gone() : undefined));
      this.#taken();
    };
  }

  #settle(sent: readonly Sent[], error: Error | undefined): void {
    if (!this.#writing.delete(sent)) return;
    for (const each of sent) each(error);
  }
}

function unsendable(cause: unknown, paged: boolean): KvError {
  const error = KvError.from(cause);
  // Of what is no KvError, as of a response that a hook has spoilt, the peer is not told.
  if (error !== cause) return error;
  const hint = paged && error.code === 'TOO_LARGE' ? ': HSCAN reads a table page by page' : '';
  const message = `The command was carried out, but its answer cannot be sent. ${error.message}${hint}`;
  return new KvError(error.code, message, { cause });
}

function gone(): KvError {
  return new KvError('CONNECTION_LOST', 'The peer is gone');
}
