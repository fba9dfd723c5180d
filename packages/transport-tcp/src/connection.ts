import type { Duplex } from 'node:stream';
import type { Sent, Session } from '@kv/core';
import {
  ByteWriter,
  beginFrame,
  type CommandResponse,
  endFrame,
  errorResponse,
  FrameReader,
  KvError,
} from '@kv/protocol';
import type { Settings } from './options.js';

/** How far a connection has come. */
type Phase =
  /** Requests are read and answered. */
  | 'open'
  /** No more requests are read; those under way are still answered. */
  | 'draining'
  /** Everything is answered, and the peer has been told so. What it still sends is thrown away. */
  | 'ended'
  /** There is no stream any more. */
  | 'closed';

/**
 * One peer on one stream: finds requests in its bytes, hands them to the session, and writes the
 * answers. All answers that are ready when a chunk has been read leave in one write.
 */
export class Connection {
  readonly #stream: Duplex;
  readonly #session: Session;
  readonly #settings: Settings;
  readonly #reader: FrameReader;
  readonly #out: ByteWriter = new ByteWriter();
  /** Who wants to hear when the contents of `#out` are with the kernel. */
  #outSent: Sent[] = [];
  #phase: Phase = 'open';
  /** The peer sends no more. */
  #inputEnded = false;
  /** Within `#read`, which flushes when it is through. */
  #reading = false;
  /** Reading waits until the peer has taken answers, or answers have come. */
  #heldBack = false;
  #flushScheduled = false;
  /** Cuts a peer that does not take its last answers, or does not end its side. */
  #linger: NodeJS.Timeout | undefined;

  /** @param onClose called once, when the stream is gone. */
  constructor(stream: Duplex, session: Session, settings: Settings, onClose: () => void) {
    this.#stream = stream;
    this.#session = session;
    this.#settings = settings;
    this.#reader = new FrameReader(settings.format);
    stream.on('data', (chunk: Uint8Array) => this.#onData(chunk));
    stream.on('end', () => this.#onEnd());
    // A stream that fails is closed; there is nobody left to tell.
    stream.on('error', () => {});
    stream.on('close', () => {
      this.#onClose();
      onClose();
    });
  }

  /** Reads no more requests, answers those under way, and ends the stream. */
  drain(): void {
    if (this.#phase !== 'open') return;
    this.#phase = 'draining';
    this.#heldBack = false;
    this.#endIfAnswered();
  }

  /** Ends the stream at once, whatever is under way. */
  cut(): void {
    this.#stream.destroy();
  }

  #onData(chunk: Uint8Array): void {
    if (this.#phase !== 'open') return;
    this.#reader.push(chunk);
    this.#read();
  }

  #onEnd(): void {
    this.#inputEnded = true;
    this.#endIfAnswered();
  }

  #onClose(): void {
    this.#phase = 'closed';
    clearTimeout(this.#linger);
    this.#session.close();
    this.#flush();
  }

  /** Reads what frames there are, as long as the peer may have more answers waiting. */
  #read(): void {
    this.#reading = true;
    while (this.#phase === 'open' && !this.#holdBack() && this.#nextFrame()) this.#request();
    this.#reading = false;
    this.#flush();
    this.#endIfAnswered();
  }

  #nextFrame(): boolean {
    try {
      return this.#reader.next();
    } catch (error) {
      // Where the next frame would start cannot be known, so this is the last answer.
      this.#session.refuse(KvError.from(error), this.#send);
      this.drain();
      return false;
    }
  }

  #request(): void {
    const { bytes, start, end } = this.#reader;
    try {
      const request = this.#settings.codec.decodeRequest(bytes, start, end);
      this.#session.receive(request, this.#send);
    } catch (error) {
      this.#session.refuse(KvError.from(error), this.#send);
    }
  }

  /** Whether too much is under way for more to be read; reading then goes on by `#progress`. */
  #holdBack(): boolean {
    const { maxInFlight, maxUnsentBytes } = this.#settings;
    const unsentBytes = this.#stream.writableLength + this.#out.length;
    this.#heldBack = this.#session.pending >= maxInFlight || unsentBytes > maxUnsentBytes;
    if (this.#heldBack) this.#stream.pause();
    return this.#heldBack;
  }

  /** Something was answered, or taken by the peer. */
  #progress(): void {
    if (this.#heldBack) {
      this.#read();
      if (!this.#heldBack) this.#stream.resume();
    } else {
      this.#endIfAnswered();
    }
  }

  readonly #send = (response: CommandResponse, sent: Sent | undefined): void => {
    if (this.#phase === 'closed') {
      sent?.(new KvError('CONNECTION_LOST', 'The peer is gone'));
      return;
    }
    const error = this.#encode(response);
    if (sent !== undefined) this.#outSent.push(error === undefined ? sent : () => sent(error));
    if (!this.#reading && !this.#flushScheduled) {
      this.#flushScheduled = true;
      process.nextTick(this.#flushScheduledAnswers);
    }
  };

  readonly #flushScheduledAnswers = (): void => {
    this.#flushScheduled = false;
    this.#flush();
    this.#progress();
  };

  /**
   * Appends the answer to what is to be written; or, if it cannot be, the error that says so.
   *
   * @returns that error.
   */
  #encode(response: CommandResponse): KvError | undefined {
    const { codec, format } = this.#settings;
    const start = beginFrame(this.#out, format);
    try {
      codec.encodeResponse(response, this.#out);
      endFrame(this.#out, format, start);
      return undefined;
    } catch (cause) {
      this.#out.length = start;
      const error = unsendable(cause);
      const errorStart = beginFrame(this.#out, format);
      codec.encodeResponse(errorResponse(error), this.#out);
      endFrame(this.#out, format, errorStart);
      return error;
    }
  }

  #flush(): void {
    const sent = this.#outSent;
    if (sent.length > 0) this.#outSent = [];
    if (this.#phase === 'closed') {
      for (const each of sent) each(new KvError('CONNECTION_LOST', 'The peer is gone'));
    } else if (this.#out.length > 0) {
      this.#stream.write(this.#out.take(), sent.length === 0 ? this.#written : this.#tell(sent));
    }
  }

  readonly #written = (): void => {
    if (this.#heldBack) this.#progress();
  };

  #tell(sent: readonly Sent[]): (error?: Error | null) => void {
    return (error) => {
      for (const each of sent) each(error ?? undefined);
      this.#written();
    };
  }

  /** Ends the stream once nothing is left to answer and nothing more will be asked. */
  #endIfAnswered(): void {
    const asksNoMore = this.#phase === 'draining' || (this.#phase === 'open' && this.#inputEnded);
    if (!asksNoMore || this.#session.pending > 0) return;
    this.#flush();
    this.#phase = 'ended';
    this.#stream.end();
    // Input that nobody reads would make the kernel reset the connection and take the last answers
    // back. It is read and thrown away until the peer has ended its side too.
    this.#stream.resume();
    this.#linger = setTimeout(() => this.cut(), this.#settings.drainMs);
  }
}

function unsendable(cause: unknown): KvError {
  const error = KvError.from(cause);
  if (error.code !== 'TOO_LARGE') return error;
  return new KvError('TOO_LARGE', `The command was executed, but not answered. ${error.message}`, {
    cause,
  });
}
