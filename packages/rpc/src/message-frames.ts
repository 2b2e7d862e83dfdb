const HEADER_BYTES = 5;

/**
 * Follows the messages of a stream through its bytes, as gRPC, gRPC-Web and Connect frame them: a flag, four bytes of
 * length, the message.
 */
export class MessageFrames {
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #headerBytes = 0;
  #bytesLeft = 0;
  #begun = 0;

  /** Whether a message has begun and is not whole. */
  get isPartial(): boolean {
    return this.#headerBytes > 0;
  }

  /** How many messages have begun. */
  get begun(): number {
    return this.#begun;
  }

  /** Takes the next bytes of the stream. */
  read(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#headerBytes < HEADER_BYTES) this.#readHeader(bytes[at++] ?? 0);
      else {
        const taken = Math.min(this.#bytesLeft, bytes.length - at);
        this.#bytesLeft -= taken;
        at += taken;
      }
      if (this.#headerBytes === HEADER_BYTES && this.#bytesLeft === 0) this.#headerBytes = 0;
    }
  }

  #readHeader(byte: number): void {
    if (this.#headerBytes === 0) this.#begun++;
    this.#header[this.#headerBytes++] = byte;
    if (this.#headerBytes === HEADER_BYTES) this.#bytesLeft = this.#header.readUInt32BE(1);
  }
}
