const { fromCharCode } = String;

/**
 * Up to here, making the string of its characters beats a call into the runtime. It must be made in one
 * piece: one of two pieces is slow as the key of a map.
 */
const SHORT = 16;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What Node.js' buffers have besides what is documented, and what they fall back on themselves. */
interface Utf8Slice {
  utf8Slice?(start: number, end: number): string;
}

/**
 * Reads UTF-8.
 *
 * @throws {TypeError} if it is none.
 */
export function readUtf8(bytes: Buffer, start: number, end: number): string {
  if (end - start <= SHORT) {
    const text = readShortAscii(bytes, start, end - start);
    if (text !== undefined) return text;
  }
  const text = (bytes as Utf8Slice).utf8Slice?.(start, end);
  // It puts U+FFFD in the place of what is no UTF-8: then, and if there really is one, look closer.
  if (text === undefined || text.includes('\ufffd'))
    return decoder.decode(bytes.subarray(start, end));
  return text;
}

/** @returns `undefined` if a character is not ASCII. */
function readShortAscii(bytes: Buffer, at: number, length: number): string | undefined {
  if (length === 0) return '';
  const a = bytes[at] as number;
  if (length === 1) return a > 127 ? undefined : fromCharCode(a);
  const b = bytes[at + 1] as number;
  if (length === 2) return (a | b) > 127 ? undefined : fromCharCode(a, b);
  const c = bytes[at + 2] as number;
  if (length === 3) return (a | b | c) > 127 ? undefined : fromCharCode(a, b, c);
  const d = bytes[at + 3] as number;
  if ((a | b | c | d) > 127) return undefined;
  if (length === 4) return fromCharCode(a, b, c, d);
  const e = bytes[at + 4] as number;
  if (length === 5) return e > 127 ? undefined : fromCharCode(a, b, c, d, e);
  const f = bytes[at + 5] as number;
  if (length === 6) return (e | f) > 127 ? undefined : fromCharCode(a, b, c, d, e, f);
  const g = bytes[at + 6] as number;
  if (length === 7) return (e | f | g) > 127 ? undefined : fromCharCode(a, b, c, d, e, f, g);
  const h = bytes[at + 7] as number;
  if ((e | f | g | h) > 127) return undefined;
  if (length === 8) return fromCharCode(a, b, c, d, e, f, g, h);
  const i = bytes[at + 8] as number;
  if (length === 9) return i > 127 ? undefined : fromCharCode(a, b, c, d, e, f, g, h, i);
  const j = bytes[at + 9] as number;
  if (length === 10) return (i | j) > 127 ? undefined : fromCharCode(a, b, c, d, e, f, g, h, i, j);
  const k = bytes[at + 10] as number;
  if (length === 11)
    return (i | j | k) > 127 ? undefined : fromCharCode(a, b, c, d, e, f, g, h, i, j, k);
  const l = bytes[at + 11] as number;
  if ((i | j | k | l) > 127) return undefined;
  if (length === 12) return fromCharCode(a, b, c, d, e, f, g, h, i, j, k, l);
  const m = bytes[at + 12] as number;
  if (length === 13)
    return m > 127 ? undefined : fromCharCode(a, b, c, d, e, f, g, h, i, j, k, l, m);
  const n = bytes[at + 13] as number;
  if (length === 14)
    return (m | n) > 127 ? undefined : fromCharCode(a, b, c, d, e, f, g, h, i, j, k, l, m, n);
  const o = bytes[at + 14] as number;
  if (length === 15)
    return (m | n | o) > 127
      ? undefined
      : fromCharCode(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o);
  const p = bytes[at + 15] as number;
  if ((m | n | o | p) > 127) return undefined;
  return fromCharCode(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p);
}
