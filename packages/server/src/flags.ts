import { type FrameFormat, frameFormat, LEAST_FRAME_BYTES, MAX_TIMER_MS } from '@kv/protocol';
import { InvalidArgumentError, Option } from 'commander';
import { checkUsage } from './usage.js';

const UNIT_BYTES: Readonly<Record<string, number>> = {
  '': 1,
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
};

type Parser<T> = (text: string) => T;

/** A whole number. */
export function count(least: number, most: number = Number.MAX_SAFE_INTEGER): Parser<number> {
  return (text) => within(least, most, /^\d+$/.test(text) ? Number(text) : Number.NaN);
}

/** A number of bytes: `512`, or in KiB, MiB or GiB: `64k`, `16m`, `1g`. */
export function size(least: number): Parser<number> {
  return (text) => {
    const [, digits, unit = ''] = /^(\d+)([kmg]?)$/i.exec(text) ?? [];
    if (digits === undefined) {
      throw new InvalidArgumentError('Expected bytes, such as 512, 64k or 16m.');
    }
    const bytes = Number(digits) * (UNIT_BYTES[unit.toLowerCase()] ?? 1);
    return within(least, Number.MAX_SAFE_INTEGER, bytes);
  };
}

/** Milliseconds that a timer can wait. */
export function milliseconds(least: number): Parser<number> {
  return count(least, MAX_TIMER_MS);
}

/** Text that must not be empty, as that of an unset variable is: it would mean something else. */
export function text(value: string): string {
  if (value === '') throw new InvalidArgumentError('It must not be empty.');
  return value;
}

/** Flags that say how messages are framed; both ends of a connection must be told the same. */
export interface FrameFlags {
  readonly headerBytes: 2 | 4;
  readonly maxFrame?: number;
}

/** @throws {KvError} `INVALID_COMMAND` if the header cannot announce so long a message. */
export function frameFormatOf({ headerBytes, maxFrame }: FrameFlags): FrameFormat {
  return checkUsage(() => frameFormat({ headerBytes, maxFrameBytes: maxFrame }), '--max-frame');
}

export function frameOptions(): Option[] {
  return [
    new Option(
      '--max-frame <size>',
      'longest message to send or accept; 16m by default, with --header-bytes 2 65535',
    ).argParser(size(LEAST_FRAME_BYTES)),
    new Option('--header-bytes <n>', "bytes of a message's length field: 2 or 4")
      .argParser(headerBytes)
      .default(4),
  ];
}

function headerBytes(text: string): 2 | 4 {
  if (text === '2') return 2;
  if (text === '4') return 4;
  throw new InvalidArgumentError('Allowed are 2 and 4.');
}

function within(least: number, most: number, value: number): number {
  if (value >= least && value <= most) return value;
  const upTo = most < Number.MAX_SAFE_INTEGER ? ` to ${most}` : ' or more';
  throw new InvalidArgumentError(`Expected a whole number, ${least}${upTo}.`);
}
