import type { ByteWriter } from './byte-writer.js';
import type { Position } from './position.js';
import type { Value } from './value.js';
import { writeValueMessage } from './value-message.js';
import type { ChangeCause } from './watch-item.js';
import {
  beginMessage,
  endMessage,
  writeBool,
  writeSafeInteger,
  writeString,
  writeUint32,
} from './wire/wire-writer.js';

// The tags of the fields of CommandResponse,
const STATUS = 8;
const CHANGE = 146;
// of Change,
const POSITION = 10;
const KEY = 18;
const CAUSE = 26;
const VALUE = 34;
const OLD = 42;
const OLD_KNOWN = 48;
// and of Position.
const EPOCH = 8;
const SEQUENCE = 16;

/** What a peer is told of a change; which table it is of, it knows. */
export interface ChangeDetails {
  readonly position: Position;
  readonly key: string;
  readonly cause: ChangeCause;
  /** What is there now; `undefined` if nothing is. */
  readonly value: Value | undefined;
  /** What was there before; `undefined` if nothing was, or if it is not known. */
  readonly old: Value | undefined;
  /** Whether it is known what was there before. */
  readonly oldKnown: boolean;
}

/**
 * Appends the response that tells of a change: the bytes that a codec makes of it, without the objects.
 *
 * @throws {KvError} as {@link ByteWriter.reserve} does.
 */
export function writeChangeResponse(details: ChangeDetails, out: ByteWriter): void {
  const { position, key, cause, value, old, oldKnown } = details;
  writeUint32(out, STATUS, 200);
  const start = beginMessage(out, CHANGE);
  writePosition(position, out);
  if (key !== '') writeString(out, KEY, key);
  writeString(out, CAUSE, cause);
  if (value !== undefined) writeValue(out, VALUE, value);
  if (old !== undefined) writeValue(out, OLD, old);
  if (oldKnown) writeBool(out, OLD_KNOWN, true);
  endMessage(out, start);
}

function writePosition({ epoch, sequence }: Position, out: ByteWriter): void {
  const start = beginMessage(out, POSITION);
  if (epoch !== 0) writeSafeInteger(out, EPOCH, epoch);
  if (sequence !== 0) writeSafeInteger(out, SEQUENCE, sequence);
  endMessage(out, start);
}

function writeValue(out: ByteWriter, tag: number, value: Value): void {
  const start = beginMessage(out, tag);
  writeValueMessage(value, out);
  endMessage(out, start);
}
