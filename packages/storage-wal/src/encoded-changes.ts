import { commandRequest, type WriteOp } from '@kv/core';
import { ByteWriter, KvError, straightLineCodec, valueToMessage, writeText } from '@kv/protocol';
import type { CommitQueue } from './commit-queue.js';
import type { Block } from './log/block.js';

/** What memory takes: {@link SlabStorage}. */
const MAX_KEY_BYTES = 0x00ff_ffff;

/** Makes bytes of what comes as text and values. */
export class EncodedChanges {
  readonly #key = new ByteWriter();
  readonly #change = new ByteWriter();

  /** Whether a key may have a change that is not in the log yet. */
  isPending(queue: CommitQueue, key: string): boolean {
    if (queue.isIdle) return false;
    const { view, end } = this.#encodeKey(key);
    return queue.isPending(view, 0, end);
  }

  /**
   * Appends the ops of a write to a block.
   *
   * @throws {KvError} if they do not fit; nothing is appended then.
   */
  append(block: Block, table: string, ops: readonly WriteOp[]): void {
    block.beginMany();
    try {
      for (const op of ops) {
        checkKey(op.key);
        const { view, end } = this.#encode(table, op);
        block.appendOne(this.#change.bytes, view, 0, end);
      }
    } catch (error) {
      block.abandon();
      throw error;
    }
    block.endMany();
  }

  /** Notes that the keys are about to change. */
  notePending(queue: CommitQueue, ops: readonly WriteOp[]): void {
    for (const { key } of ops) {
      const { view, end } = this.#encodeKey(key);
      queue.notePending(view, 0, end);
    }
  }

  #encodeKey(key: string): Encoded {
    this.#key.length = 0;
    writeText(this.#key, key);
    return encodedIn(this.#key);
  }

  #encode(table: string, op: WriteOp): Encoded {
    const { key } = op;
    const request =
      op.op === 'set'
        ? commandRequest('hset', { table, pair: { key, value: valueToMessage(op.value) } })
        : commandRequest('hdel', { table, key });
    this.#change.length = 0;
    straightLineCodec.encodeRequest(request, this.#change);
    return encodedIn(this.#change);
  }
}

interface Encoded {
  readonly view: DataView;
  readonly end: number;
}

function encodedIn({ bytes, length }: ByteWriter): Encoded {
  return { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), end: length };
}

function checkKey(key: string): void {
  if (key.length * 3 <= MAX_KEY_BYTES || Buffer.byteLength(key) <= MAX_KEY_BYTES) return;
  throw new KvError('TOO_LARGE', `The key exceeds the storage's limit of ${MAX_KEY_BYTES} bytes`);
}
