/** What every system takes: macOS has room for 104 bytes with the closing zero, Linux for 108. */
const MAX_BYTES = 103;

/**
 * Refuses a path that is too long for a unix socket. The system would cut it short in silence, and two
 * different paths might become one.
 *
 * @throws {RangeError}
 */
export function checkSocketPath(path: string): void {
  if (Buffer.byteLength(path) > MAX_BYTES) {
    throw new RangeError(`The path of a unix socket must not exceed ${MAX_BYTES} bytes: ${path}`);
  }
}
