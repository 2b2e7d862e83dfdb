const INITIAL_BYTES = 64 * 1024;
/** A sink that one large message made grow is not kept at that size. */
const MAX_KEPT_BYTES = 1024 * 1024;
const MAX_VARINT_BYTES = 10;
/** Copied byte by byte; beyond, the call into native code is cheaper. */
const SHORT_TEXT = 64;

/** Bytes in the making, in the manner of protobuf's wire format. One is used for message after message. */
export class ByteSink {
  #buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  #at = 0;

  /** Begins a message; what was not taken is dropped. */
  reset(): void {
    this.#at = 0;
    if (this.#buffer.length > MAX_KEPT_BYTES) this.#buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  }

  /** All bytes since the last `reset`, as a copy. */
  take(): Buffer {
    return Buffer.from(this.#buffer.subarray(0, this.#at));
  }

  /** A varint. @param value a whole number from 0 to 2^53 - 1 */
  varint(value: number): void {
    this.#reserve(MAX_VARINT_BYTES);
    let rest = value;
    while (rest > 0x7f) {
      this.#buffer[this.#at++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#buffer[this.#at++] = rest;
  }

  /** A varint of 64 bits, which a negative number takes in two's complement. */
  varint64(value: bigint): void {
    if (value >= 0n && value <= Number.MAX_SAFE_INTEGER) {
      this.varint(Number(value));
      return;
    }
    this.#reserve(MAX_VARINT_BYTES);
    let rest = BigInt.asUintN(64, value);
    while (rest > 0x7fn) {
      this.#buffer[this.#at++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#buffer[this.#at++] = Number(rest);
  }

  double(value: number): void {
    this.#reserve(8);
    this.#at = this.#buffer.writeDoubleLE(value, this.#at);
  }

  /** Bytes with their length before them. */
  bytes(value: Uint8Array): void {
    this.varint(value.byteLength);
    this.raw(value);
  }

  raw(value: Uint8Array): void {
    this.#reserve(value.byteLength);
    this.#buffer.set(value, this.#at);
    this.#at += value.byteLength;
  }

  /** Text as UTF-8, with its length before it. */
  text(value: string): void {
    const start = this.open();
    this.#reserve(value.length * 3);
    if (value.length > SHORT_TEXT || !this.#ascii(value)) this.#at += this.#buffer.write(value, this.#at);
    this.close(start);
  }

  /** Begins something whose length goes before it. @returns what `close` is given at its end */
  open(): number {
    this.#reserve(1);
    return this.#at++;
  }

  /** Puts the length in its place; most are of one byte, what is longer is moved on. */
  close(start: number): void {
    const begin = start + 1;
    const end = this.#at;
    const length = end - begin;
    this.#at = start;
    if (length > 0x7f) {
      const moved = begin + varintSize(length) - 1;
      this.#at = end;
      this.#reserve(MAX_VARINT_BYTES);
      this.#buffer.copyWithin(moved, begin, end);
      this.#at = start;
    }
    this.varint(length);
    this.#at += length;
  }

  /** False, with nothing written, where the text is more than ASCII. */
  #ascii(value: string): boolean {
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) return false;
      this.#buffer[this.#at + i] = code;
    }
    this.#at += value.length;
    return true;
  }

  #reserve(bytes: number): void {
    const needed = this.#at + bytes;
    if (needed <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2));
    this.#buffer.copy(grown, 0, 0, this.#at);
    this.#buffer = grown;
  }
}

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 0x80)) size++;
  return size;
}
