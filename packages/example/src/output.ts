/** Where the example tells what it does: `process.stdout`, unless a test listens. */
export interface Output {
  /** Whether a line can be written over. */
  readonly isTTY?: boolean;
  write(text: string): unknown;
}
