/** Something that a measurement needs is not on this machine: it is left out, and the reason is told. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}
