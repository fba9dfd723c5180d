import { KvError } from '@kv/protocol';
import { checkKey, checkPrefix, type NameLimits } from '../limits.js';

/** Which keys' changes somebody wants. */
export class ChangeFilter {
  readonly #key: string;
  readonly #prefix: string;

  private constructor(key: string, prefix: string) {
    this.#key = key;
    this.#prefix = prefix;
  }

  /**
   * One key, or those that begin with a prefix; all, if both are empty.
   *
   * @throws {KvError} `INVALID_COMMAND` or `TOO_LARGE` for what can be no key and no beginning of one.
   */
  static of(key: string, prefix: string, limits: NameLimits): ChangeFilter {
    if (key !== '') checkKey(key, limits);
    checkPrefix(prefix, limits);
    if (key !== '' && prefix !== '') {
      throw KvError.invalidCommand('there may be a key or a prefix, not both');
    }
    return new ChangeFilter(key, prefix);
  }

  matches(key: string): boolean {
    return this.#key === '' ? key.startsWith(this.#prefix) : key === this.#key;
  }
}
