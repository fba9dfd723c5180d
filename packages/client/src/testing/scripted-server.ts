import { Duplex } from 'node:stream';
import {
  ByteWriter,
  beginFrame,
  type CommandRequest,
  type CommandResponse,
  endFrame,
  FrameReader,
  frameFormat,
  okResponse,
  straightLineCodec,
  type Value,
  valueToMessage,
} from '@kv/protocol';

const FORMAT = frameFormat();

/** The server's end of one connection, on which a test says what happens. */
export class ScriptedConnection extends Duplex {
  /** The requests of each write. */
  readonly writes: CommandRequest[][] = [];
  readonly #reader = new FrameReader(FORMAT);

  /** The requests so far. */
  get requests(): CommandRequest[] {
    return this.writes.flat();
  }

  override _read(): void {}

  override _write(chunk: Uint8Array, _encoding: string, done: () => void): void {
    const requests: CommandRequest[] = [];
    this.#reader.push(chunk);
    while (this.#reader.next()) {
      const { bytes, start, end } = this.#reader;
      requests.push(straightLineCodec.decodeRequest(bytes, start, end));
    }
    this.writes.push(requests);
    done();
  }

  /** Answers the oldest request that has no answer yet. */
  answer(response: CommandResponse): void {
    const out = new ByteWriter();
    const start = beginFrame(out, FORMAT);
    straightLineCodec.encodeResponse(response, out);
    endFrame(out, FORMAT, start);
    this.push(out.take());
  }

  /** Answers it with a value, or with none. */
  answerValue(value: Value | null): void {
    this.answer(okResponse([valueToMessage(value)]));
  }
}

/** A server that a client reaches through {@link target}, one {@link ScriptedConnection} at a time. */
export class ScriptedServer {
  readonly connections: ScriptedConnection[] = [];
  /** Whether it can be reached. */
  up = true;

  readonly target = (): Duplex => {
    if (!this.up) throw new Error('The server is down');
    const connection = new ScriptedConnection();
    this.connections.push(connection);
    return connection;
  };

  /** The latest connection. */
  get connection(): ScriptedConnection {
    const latest = this.connections.at(-1);
    if (latest === undefined) throw new Error('Nobody has connected');
    return latest;
  }
}

/** Lets all that has been scheduled happen. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
