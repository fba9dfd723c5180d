import type { Duplex } from 'node:stream';
import { MAX_PREFETCH, type Session } from '@kv/core';
import { FrameReader, KvError } from '@kv/protocol';
import type { ConnectionContext } from './connection-context.js';
import type { Counters } from './counters.js';
import type { Settings } from './options.js';
import { ProgressWatch } from './progress-watch.js';
import { ResponseWriter } from './response-writer.js';
import type { Sweeper, Swept } from './sweeper.js';

/** How far a connection has come. */
type Phase =
  /** Requests are read and answered. */
  | 'open'
  /** No more requests are read; those under way are still answered. */
  | 'draining'
  /** Everything is answered, and the peer has been told so. What it still sends is thrown away. */
  | 'ended'
  /** The stream is being destroyed, whatever was under way. */
  | 'cut'
  /** There is no stream any more. */
  | 'closed';

// Where the next requests lie in a chunk: used by one connection at a time, and by none for long.
const starts: Uint32Array = new Uint32Array(MAX_PREFETCH);
const ends: Uint32Array = new Uint32Array(MAX_PREFETCH);

/**
 * One peer on one stream: finds requests in its bytes, hands them to the session as long as the peer takes
 * the answers, and ends when all is answered. What the session has for the peer goes by its {@link ResponseWriter}.
 *
 * Whoever makes it hands over what the stream reads, by {@link receive}.
 */
export class Connection implements Swept {
  readonly #stream: Duplex;
  readonly #session: Session;
  readonly #settings: Settings;
  readonly #counters: Counters;
  readonly #sweeper: Sweeper;
  readonly #reader: FrameReader;
  readonly #writer: ResponseWriter;
  #phase: Phase = 'open';
  /** The peer sends no more. */
  #inputEnded = false;
  /** Within `#read`, which ends the stream itself if it is to be ended. */
  #reading = false;
  /** Reading waits until the peer has taken answers, or answers have come. */
  #heldBack = false;
  #progressScheduled = false;
  /** When the peer was last heard of. */
  #heardAt: number;
  /** Since when a frame has been waited for that has begun. */
  #incompleteSince: number | undefined;
  /** Cuts a peer that has said that it sends no more, and does not take its answers. */
  readonly #watch: ProgressWatch;
  /** Cuts a peer that has all its answers, and does not end its side. */
  #linger: NodeJS.Timeout | undefined;

  /** @param onClose called once, when the stream is gone. */
  constructor(stream: Duplex, session: Session, context: ConnectionContext, onClose: () => void) {
    this.#stream = stream;
    this.#session = session;
    this.#settings = context.settings;
    this.#counters = context.counters;
    this.#sweeper = context.sweeper;
    this.#heardAt = context.sweeper.now;
    this.#reader = new FrameReader(context.settings.format);
    this.#writer = new ResponseWriter(stream, session, context, {
      flushed: () => this.#onFlushed(),
      taken: () => this.#onTaken(),
      failed: () => this.cut(),
    });
    session.pushTo(this.#writer);
    this.#watch = new ProgressWatch(stream, context.settings.drainMs, () => this.cut());
    stream.on('end', () => this.#onEnd());
    // There is nobody left to tell. Not every stream that fails closes by itself.
    stream.on('error', () => stream.destroy());
    stream.on('close', () => {
      this.#onClose();
      onClose();
    });
    if (stream.readableEnded) this.#onEnd();
  }

  /** Takes what the stream has read. The chunk may be written over afterwards. */
  receive(chunk: Uint8Array): void {
    if (this.#phase !== 'open') return;
    this.#heardAt = this.#sweeper.now;
    this.#reader.push(chunk);
    this.#read();
    this.#reader.release();
  }

  /** Reads no more requests, answers those under way, ends subscriptions, and ends the stream. */
  drain(): void {
    if (this.#phase !== 'open') return;
    this.#phase = 'draining';
    this.#session.unsubscribeAll();
    this.#heldBack = false;
    // Who is in the middle of a request ends when that is answered.
    if (!this.#reading) this.#endIfAnswered();
  }

  /** Ends the connection if it has taken too long over a frame, or has had nothing to do for too long. */
  sweep(now: number): void {
    if (this.#phase !== 'open') return;
    const { frameTimeoutMs, idleTimeoutMs } = this.#settings;
    if (this.#incompleteSince !== undefined) {
      if (now - this.#incompleteSince > frameTimeoutMs) this.#giveUpFrame();
    } else if (this.#session.pending > 0 || this.#session.subscriptions > 0) {
      this.#heardAt = now;
    } else if (now - this.#heardAt > idleTimeoutMs) {
      this.#counters.idleTimeouts++;
      this.drain();
    }
  }

  /** Ends the stream at once, whatever is under way. */
  cut(): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'cut';
    this.#stream.destroy();
  }

  #onEnd(): void {
    this.#inputEnded = true;
    // A peer that is gone looks the same as one that only sends no more, and nothing may be kept for it.
    this.#session.unsubscribeAll();
    if (this.#heldBack) this.#watch.start();
    this.#endIfAnswered();
  }

  #onClose(): void {
    this.#phase = 'closed';
    clearTimeout(this.#linger);
    this.#watch.stop();
    this.#session.close();
    this.#writer.close();
  }

  /** Reads what frames there are, as long as the peer may have more answers waiting. */
  #read(): void {
    this.#reading = true;
    let place = 0;
    let prefetched = 0;
    while (this.#phase === 'open' && !this.#holdBack()) {
      if (prefetched === 0) {
        prefetched = this.#reader.ahead(starts, ends);
        place =
          prefetched > 1 ? this.#session.prefetch(this.#reader.chunk, starts, ends, prefetched) : 0;
      }
      if (!this.#nextFrame()) break;
      this.#request(place);
      if (prefetched > 0) prefetched--;
      if (place > 0) place++;
    }
    this.#reading = false;
    this.#watchFrame();
    this.#writer.flushSoon();
    this.#endIfAnswered();
  }

  #nextFrame(): boolean {
    try {
      return this.#reader.next();
    } catch (error) {
      // Where the next frame would start cannot be known, so this is the last answer.
      this.#counters.framesTooLarge++;
      this.#session.refuse(KvError.from(error), this.#writer.send);
      this.drain();
      return false;
    }
  }

  /** Notes since when a frame is waited for. While no more is read, nothing is waited for. */
  #watchFrame(): void {
    if (this.#heldBack || !this.#reader.incomplete) this.#incompleteSince = undefined;
    else this.#incompleteSince ??= this.#sweeper.now;
  }

  #giveUpFrame(): void {
    this.#counters.frameTimeouts++;
    this.#incompleteSince = undefined;
    const { frameTimeoutMs } = this.#settings;
    const error = new KvError('TIMEOUT', `A frame was not complete within ${frameTimeoutMs} ms`);
    this.#session.refuse(error, this.#writer.send);
    this.drain();
  }

  /** @param place where it was prefetched; 0 if it was not. */
  #request(place: number): void {
    this.#incompleteSince = undefined;
    const { bytes, start, end } = this.#reader;
    if (this.#writer.answer(bytes, start, end, place)) return;
    try {
      const request = this.#settings.codec.decodeRequest(bytes, start, end);
      this.#session.receive(request, this.#writer.send);
    } catch (error) {
      this.#session.refuse(KvError.from(error), this.#writer.send);
    }
  }

  /** Whether too much is under way for more to be read; reading then goes on by `#progress`. */
  #holdBack(): boolean {
    const { maxInFlight, maxUnsentBytes } = this.#settings;
    const inFlight = this.#session.pending >= maxInFlight;
    const unsent = this.#writer.unsent > maxUnsentBytes;
    this.#heldBack = inFlight || unsent;
    if (!this.#heldBack) return false;
    if (inFlight) this.#counters.heldBackInFlight++;
    if (unsent) this.#counters.heldBackUnsent++;
    this.#stream.pause();
    return true;
  }

  /** Something was answered, or taken by the peer. */
  #progress(): void {
    // Of a peer that is gone, what it asked before is not carried out any more.
    if (this.#stream.destroyed) return;
    if (this.#heldBack) {
      this.#read();
      if (!this.#heldBack && this.#phase === 'open') {
        this.#watch.stop();
        this.#stream.resume();
      }
    } else {
      this.#endIfAnswered();
    }
  }

  #onFlushed(): void {
    this.#session.pushMore();
    if (this.#heldBack) this.#progressSoon();
    else if (this.#phase !== 'open' || this.#inputEnded) this.#progress();
  }

  #onTaken(): void {
    this.#watch.progress();
    this.#session.pushMore();
    if (this.#heldBack) this.#progressSoon();
  }

  /**
   * Lets the others have their turn first: of a peer that takes much at once and has asked for more, the
   * requests would else be answered until there are none left.
   */
  #progressSoon(): void {
    if (this.#progressScheduled) return;
    this.#progressScheduled = true;
    setImmediate(() => {
      this.#progressScheduled = false;
      this.#progress();
    });
  }

  /** Ends the stream once nothing is left to answer and nothing more will be asked. */
  #endIfAnswered(): void {
    // What is held back has still to be read, though the peer sends no more.
    const asksNoMore = this.#phase === 'open' && this.#inputEnded && !this.#heldBack;
    if (!(asksNoMore || this.#phase === 'draining')) return;
    // One may have been opened since: by a request that was carried out, or even read, only then.
    this.#session.unsubscribeAll();
    if (this.#session.pending > 0) return;
    this.#writer.write();
    this.#phase = 'ended';
    // Until the answers are with the kernel only what the peer takes of them counts, not what it sends.
    this.#stream.pause();
    this.#watch.start();
    this.#stream.end(() => this.#lingerOn());
  }

  /**
   * Waits for the peer to end its side. Input that nobody reads would make the kernel reset the
   * connection and take the last answers back, so it is read and thrown away.
   */
  #lingerOn(): void {
    if (this.#stream.destroyed) return;
    this.#watch.stop();
    this.#linger = setTimeout(() => this.cut(), this.#settings.drainMs);
    this.#stream.resume();
  }
}
