import { checkOptionNames } from '@kv/protocol';

/** How changes are kept for those who were away. */
export interface RecordingOptions {
  /** How many changes, of all tables together: 10,000 by default. */
  readonly maxChanges?: number | undefined;
  /** About how many bytes of them: 16 MiB by default. They lie in twice the memory at the most. */
  readonly maxBytes?: number | undefined;
  /** How long the changes of a table are kept when nobody listens to it any more, in milliseconds: a minute by default. */
  readonly lingerMs?: number | undefined;
}

const DEFAULTS = { maxChanges: 10_000, maxBytes: 16 * 1024 * 1024, lingerMs: 60_000 } as const;

/**
 * Fills in the defaults.
 *
 * @throws {RangeError} for an option that is no number, or a negative one.
 * @throws {TypeError} for one that there is not.
 */
export function recordingSettings(
  options: RecordingOptions,
): Record<keyof RecordingOptions, number> {
  checkOptionNames('the feed of an Engine', options, DEFAULTS);
  const settings: Record<keyof RecordingOptions, number> = { ...DEFAULTS };
  for (const name of Object.keys(DEFAULTS) as (keyof RecordingOptions)[]) {
    const setting = options[name] ?? DEFAULTS[name];
    if (!(setting >= 0)) throw new RangeError(`${name} must be a number of at least 0`);
    settings[name] = setting;
  }
  return settings;
}
