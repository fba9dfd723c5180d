/** Spreads keys over 32 bits. */
export interface KeyHash {
  /** The hash of the bytes of `view` from `start` to before `end`, as a signed integer. */
  hash(view: DataView, start: number, end: number): number;
}
