import { Socket, type SocketConstructorOpts } from 'node:net';

/** Bytes that are read at once: as many as Node.js reads by itself. */
const BUFFER_BYTES = 64 * 1024;

/** What a socket is made of, which is not documented, and stands in no type. */
interface Underlying {
  _handle?: object | null;
}

interface UnderlyingOptions extends SocketConstructorOpts {
  readonly handle: object;
  readonly onread: {
    readonly buffer: Uint8Array;
    callback(bytes: number, buffer: Uint8Array): boolean;
  };
}

/**
 * The buffer into which all connections read, one after the other: what is in it is used up before the
 * next one reads. Windows fills buffers in the background, so there each needs its own.
 */
const shared: Buffer | undefined =
  process.platform === 'win32' ? undefined : Buffer.allocUnsafeSlow(BUFFER_BYTES);

/**
 * Has an accepted socket read into one buffer that is used again and again, rather than into a new one
 * each time, which costs a fifth of the throughput. Node.js offers this (`onread`) only to sockets
 * that connect, so the connection moves to another socket; this is the one place that knows how.
 *
 * @param socket has not read anything yet: accepted with `pauseOnConnect`.
 * @param receive takes what is read. The chunk is written over when it returns.
 * @returns the socket that has the connection now; or `undefined` if this cannot be done here, and
 * `socket` is as it was.
 */
export function readIntoBuffer(
  socket: Socket,
  receive: (chunk: Uint8Array) => void,
): Socket | undefined {
  const underlying = socket as Underlying;
  const handle = underlying._handle;
  if (typeof handle !== 'object' || handle === null) return undefined;
  // The old socket is left without its connection, and closed: its server stops counting it.
  underlying._handle = null;
  socket.destroy();
  const options: UnderlyingOptions = {
    handle,
    allowHalfOpen: true,
    onread: {
      buffer: shared ?? Buffer.allocUnsafeSlow(BUFFER_BYTES),
      callback(bytes, buffer) {
        receive(buffer.subarray(0, bytes));
        return true;
      },
    },
  };
  return new Socket(options);
}
