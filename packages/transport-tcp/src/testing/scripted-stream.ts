import { Duplex } from 'node:stream';

/** A stream on which a test says what is read and when a write is done. */
export class ScriptedStream extends Duplex {
  readonly writes: Uint8Array[] = [];
  readonly #done: (() => void)[] = [];

  override _read(): void {}

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    this.writes.push(chunk);
    this.#done.push(done);
  }

  /** Says that the kernel has the oldest write. */
  taken(): void {
    this.#done.shift()?.();
  }
}
