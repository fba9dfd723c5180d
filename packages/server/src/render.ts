import type { Change, CopiedEntry, CopyComplete, TopicPattern, Value } from '@kv/protocol';
import { positionText } from './position-argument.js';
import { typeOf, type ValueType } from './value-argument.js';

/** One thing that a command answers. */
export type Item = ValueItem | MessageItem | GapItem | Change | CopiedEntry | CopyComplete;

/** A value; with its key, if there may be several. `null` is a miss. */
export interface ValueItem {
  readonly key?: string;
  readonly value: Value | null;
}

/** What was published to a topic. */
export interface MessageItem {
  readonly topic: string;
  readonly values: readonly Value[];
}

/** That messages of a topic, or of those that match a pattern, are missing: how many; `null` if nobody knows. */
export type GapItem = (Pick<MessageItem, 'topic'> | TopicPattern) & {
  readonly missed: number | null;
};

/** An item for people: its values, with the key or the topic before them if it has one, and tabs between them. */
export function textLine(item: Item): string {
  if ('missed' in item) return gapText(item);
  if ('topic' in item) return [item.topic, ...item.values.map(valueText)].join('\t');
  if ('kind' in item) return watchedText(item);
  const { key, value } = item;
  const text = value === null ? '(none)' : valueText(value);
  return key === undefined ? text : `${key}\t${text}`;
}

/**
 * An item for programs, as one line of JSON that says all of it. A miss is `null`; with a key, its
 * type and value are.
 */
export function jsonLine(item: Item): string {
  if ('missed' in item) return JSON.stringify(item);
  if ('topic' in item) {
    const { topic, values } = item;
    return JSON.stringify({ topic, values: values.map(typedValue) });
  }
  if ('kind' in item) return JSON.stringify(watchedJson(item));
  const { key, value } = item;
  const typed = value === null ? null : typedValue(value);
  return JSON.stringify(key === undefined ? typed : { key, ...(typed ?? MISS) });
}

function gapText(item: GapItem): string {
  const about = 'topic' in item ? item.topic : item.pattern;
  return `(messages of ${about} are missing: ${item.missed ?? 'nobody knows how many'})`;
}

/** An item of a watch for people: what it is, and then what it is about. */
function watchedText(item: Change | CopiedEntry | CopyComplete): string {
  if (item.kind === 'ready') return `ready\t${positionText(item.position)}`;
  const what = item.kind === 'entry' ? 'entry' : item.cause;
  return [what, item.key, ...(item.value === null ? [] : [valueText(item.value)])].join('\t');
}

/** An item of a watch as it is in JSON. An old value that nobody knows is not there. */
function watchedJson(item: Change | CopiedEntry | CopyComplete): object {
  const { kind, table } = item;
  if (kind === 'entry') return { kind, table, key: item.key, ...typedValue(item.value) };
  const position = positionText(item.position);
  if (kind === 'ready') return { kind, table, position };
  const { key, cause, value, old } = item;
  const before = old === undefined ? {} : { old: old === null ? null : typedValue(old) };
  return {
    kind,
    table,
    position,
    key,
    cause,
    ...(value === null ? MISS : typedValue(value)),
    ...before,
  };
}

function typedValue(value: Value): { type: ValueType; value: string | number | boolean } {
  return { type: typeOf(value), value: jsonValue(value) };
}

const MISS: { readonly type: ValueType | null; readonly value: null } = { type: null, value: null };

function valueText(value: Value): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  return Object.is(value, -0) ? '-0' : String(value);
}

/** What JSON can say itself stays what it is; the rest is text. */
function jsonValue(value: Value): string | number | boolean {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value) && !Object.is(value, -0)) return value;
  return valueText(value);
}
