/** What takes room in a queue. */
export interface Sized {
  /** About how many bytes of memory it takes. */
  readonly bytes: number;
}
