import { Readable } from 'node:stream';
import type { Io, Output } from '../io.js';

/** Keeps what is written. */
export class TestOutput implements Output {
  /** Resolves when something is. */
  readonly written: Promise<void>;
  readonly #chunks: Uint8Array[] = [];
  #onWrite: () => void = () => {};

  constructor() {
    this.written = new Promise((resolve) => {
      this.#onWrite = resolve;
    });
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  get text(): string {
    return this.bytes.toString();
  }

  write(chunk: string | Uint8Array, done: (error?: Error | null) => void): void {
    this.#chunks.push(Buffer.from(chunk));
    queueMicrotask(done);
    this.#onWrite();
  }
}

/** A world for a command of its own: what it says can be looked at, and it can be told to stop. */
export class TestIo implements Io {
  readonly stdin: Readable;
  readonly stdout: TestOutput = new TestOutput();
  readonly stderr: TestOutput = new TestOutput();
  readonly env: Readonly<Record<string, string>>;
  readonly #stop: AbortController = new AbortController();
  readonly #reloads: Set<() => void> = new Set();

  constructor(env: Readonly<Record<string, string>> = {}, stdin: Readable = Readable.from([])) {
    this.env = env;
    this.stdin = stdin;
  }

  get stop(): AbortSignal {
    return this.#stop.signal;
  }

  readonly onReload = (listener: () => void): (() => void) => {
    this.#reloads.add(listener);
    return () => void this.#reloads.delete(listener);
  };

  /** Asks for files to be read again, as SIGHUP does. */
  reload(): void {
    for (const listener of this.#reloads) listener();
  }

  signal(name: NodeJS.Signals): void {
    this.#stop.abort(name);
  }
}
