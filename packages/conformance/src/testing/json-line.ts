import type { Value, WriteOp } from '@kv/core';

/** A `write`. */
export interface Line {
  readonly table: string;
  readonly ops: readonly WriteOp[];
}

/** The same, of what JSON knows. An op without a value deletes. */
interface PlainLine {
  readonly table: string;
  readonly ops: readonly (readonly [key: string, value?: PlainValue])[];
}

type PlainValue = readonly [type: string, text: string];

/** A write as one line of text, its end included. */
export function encodeLine({ table, ops }: Line): string {
  const line: PlainLine = {
    table,
    ops: ops.map((op) => (op.op === 'set' ? [op.key, plain(op.value)] : [op.key])),
  };
  return `${JSON.stringify(line)}\n`;
}

/** @throws if the line is no write. */
export function decodeLine(text: string): Line {
  const { table, ops } = JSON.parse(text) as PlainLine;
  return {
    table,
    ops: ops.map(([key, value]) =>
      value === undefined ? { op: 'delete', key } : { op: 'set', key, value: native(value) },
    ),
  };
}

function plain(value: Value): PlainValue {
  if (value instanceof Uint8Array) return ['bytes', Buffer.from(value).toString('base64')];
  return [typeof value, Object.is(value, -0) ? '-0' : String(value)];
}

function native([type, text]: PlainValue): Value {
  switch (type) {
    case 'bytes':
      return new Uint8Array(Buffer.from(text, 'base64'));
    case 'bigint':
      return BigInt(text);
    case 'number':
      return Number(text);
    case 'boolean':
      return text === 'true';
    default:
      return text;
  }
}
