/** The longest pattern there can be, in UTF-16 units. */
export const MAX_PATTERN_LENGTH = 0xffff;

/**
 * A pattern of topics: `*` stands for any characters, or none, and all others for themselves. Whether a name
 * matches takes time linear in its length, whatever the pattern is.
 */
export class TopicPattern {
  readonly #pattern: string;
  /** Where the text before the first `*` ends, and where the text behind the last begins. */
  readonly #firstEnd: number;
  readonly #lastStart: number;
  /**
   * Of the text between those, for each place in a piece of it without a `*`: how much of the beginning of
   * the piece ends at that place as well, so that a search need not go back in the name (Knuth, Morris, Pratt).
   */
  readonly #borders: Uint16Array | undefined;

  /** @param pattern of at most {@link MAX_PATTERN_LENGTH}. */
  constructor(pattern: string) {
    this.#pattern = pattern;
    const star = pattern.indexOf('*');
    this.#firstEnd = star === -1 ? pattern.length : star;
    this.#lastStart = pattern.lastIndexOf('*') + 1;
    if (this.#firstEnd + 1 < this.#lastStart) this.#borders = bordersOf(pattern);
  }

  /** Whether the whole of `name` is as the pattern says. */
  matches(name: string): boolean {
    const pattern = this.#pattern;
    const firstEnd = this.#firstEnd;
    const lastStart = this.#lastStart;
    if (firstEnd === pattern.length) return name === pattern;
    const lastLength = pattern.length - lastStart;
    if (name.length < firstEnd + lastLength) return false;
    if (!equal(pattern, 0, name, 0, firstEnd)) return false;
    if (!equal(pattern, lastStart, name, name.length - lastLength, lastLength)) return false;
    return this.#borders === undefined || this.#findMiddle(name, this.#borders);
  }

  /**
   * Whether the pieces between the first `*` and the last are found in the rest of `name`, one behind the
   * other. The first place where a piece is found leaves most for those behind it, so no other need be tried.
   */
  #findMiddle(name: string, borders: Uint16Array): boolean {
    const pattern = this.#pattern;
    const lastStart = this.#lastStart;
    const end = name.length - (pattern.length - lastStart);
    let piece = this.#firstEnd + 1;
    let found = 0;
    let at = this.#firstEnd;
    // A piece ends at a '*', the last of them right before the text behind the last.
    while (piece < lastStart) {
      const wanted = pattern.charCodeAt(piece + found);
      if (wanted === STAR) {
        piece += found + 1;
        found = 0;
      } else if (at === end) {
        return false;
      } else if (name.charCodeAt(at) === wanted) {
        at++;
        found++;
      } else if (found > 0) {
        found = borders[piece + found - 1] as number;
      } else {
        at++;
      }
    }
    return true;
  }
}

const STAR = 0x2a;

/** The borders of each piece of the pattern, which start anew behind each `*`. */
function bordersOf(pattern: string): Uint16Array {
  const borders = new Uint16Array(pattern.length);
  let piece = 0;
  for (let at = 0; at < pattern.length; at++) {
    const unit = pattern.charCodeAt(at);
    if (unit === STAR) {
      piece = at + 1;
    } else if (at > piece) {
      let border = borders[at - 1] as number;
      while (border > 0 && pattern.charCodeAt(piece + border) !== unit) {
        border = borders[piece + border - 1] as number;
      }
      borders[at] = pattern.charCodeAt(piece + border) === unit ? border + 1 : 0;
    }
  }
  return borders;
}

function equal(
  one: string,
  oneStart: number,
  other: string,
  start: number,
  count: number,
): boolean {
  for (let i = 0; i < count; i++) {
    if (one.charCodeAt(oneStart + i) !== other.charCodeAt(start + i)) return false;
  }
  return true;
}
