import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ByteWriter } from '@kv/protocol';

/** So many writers wait for the next to use them: as many connections may be answered in one turn. */
const MAX_IDLE = 256;
/** A writer that has grown beyond this is not kept. */
const MAX_IDLE_BYTES = 64 * 1024;

const NOTHING = Buffer.alloc(0);

/**
 * The writers in which connections put answers together. One is with a connection only as long as
 * there is something in it, so there are as many as connections that are answered in one turn of the event
 * loop, and nothing is allocated or copied for a write.
 */
export class WriterPool {
  readonly #idle: ByteWriter[] = [];

  /** A writer with nothing in it. */
  take(): ByteWriter {
    return this.#idle.pop() ?? new ByteWriter();
  }

  /**
   * Writes what is in a writer, which is the pool's again.
   *
   * @param taken as of {@link write}.
   * @param done as of `Writable.write`, if anybody wants to hear of it in any case.
   */
  write(
    stream: Duplex,
    writer: ByteWriter,
    taken: () => void,
    done?: (error?: Error | null) => void,
  ): void {
    if (!takesAtOnce(stream)) {
      stream.write(writer.take(), done ?? taken);
    } else {
      const bytes = writer.bytes.subarray(0, writer.length);
      if (done === undefined) write(stream, bytes, taken);
      else stream.write(bytes, done);
      // What the kernel did not take at once, the socket goes on reading where it is.
      if (stream.writableLength > 0) return;
      writer.length = 0;
    }
    this.putBack(writer);
  }

  /** Takes back a writer with nothing in it. */
  putBack(writer: ByteWriter): void {
    if (writer.bytes.length <= MAX_IDLE_BYTES && this.#idle.length < MAX_IDLE) {
      this.#idle.push(writer);
    }
  }
}

/**
 * Writes bytes.
 *
 * @param taken called when they are with the kernel, unless that took them at once: that is most often so, and to be
 * called back costs as much as a tenth of the write.
 */
export function write(stream: Duplex, bytes: Uint8Array, taken: () => void): void {
  if (!takesAtOnce(stream)) {
    stream.write(bytes, taken);
    return;
  }
  stream.write(bytes);
  if (stream.writableLength > 0) stream.write(NOTHING, taken);
}

/**
 * Whether the bytes of a write that is done when `write` returns are with the kernel, and nobody else
 * looks at them: Node.js tries to send at once. Of TLS and of streams that are no sockets nobody says so.
 */
function takesAtOnce(stream: Duplex): boolean {
  return stream.constructor === Socket;
}
