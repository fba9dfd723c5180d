/**
 * Bytes of somebody else's, and a view of them as words, made anew only when the bytes are others:
 * requests mostly come in one buffer that is used again and again.
 */
export class ByteWindow {
  bytes: Uint8Array = new Uint8Array(0);
  view: DataView = new DataView(new ArrayBuffer(0));

  /** Turns to `bytes`. */
  look(bytes: Uint8Array): void {
    if (bytes === this.bytes) return;
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Turns to bytes of which somebody has a view. */
  share(bytes: Uint8Array, view: DataView): void {
    this.bytes = bytes;
    this.view = view;
  }
}
