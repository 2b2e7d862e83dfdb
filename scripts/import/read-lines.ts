/** A line without its end. `bytes` is undefined where the line is longer than allowed. */
export interface Line {
  /** Counted from 1. */
  readonly number: number;
  readonly bytes: Buffer | undefined;
}

const lineFeed = 0x0a;

/** Cuts bytes into lines. Of a line beyond the limit nothing is kept, and the next one is read as ever. */
export async function* readLines(chunks: AsyncIterable<Uint8Array>, maxLineBytes: number): AsyncGenerator<Line> {
  const pending = new PendingLine(maxLineBytes);
  let number = 1;
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let start = 0;
    for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed, start)) {
      pending.add(bytes.subarray(start, end));
      yield { number, bytes: pending.take() };
      number += 1;
      start = end + 1;
    }
    pending.add(bytes.subarray(start));
  }
  if (!pending.isEmpty) yield { number, bytes: pending.take() };
}

/** The pieces of a line that has not ended yet. */
class PendingLine {
  readonly #maxBytes: number;
  #pieces: Buffer[] = [];
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  add(piece: Buffer): void {
    this.#length += piece.length;
    if (this.#length > this.#maxBytes) this.#pieces = [];
    else if (piece.length > 0) this.#pieces.push(piece);
  }

  take(): Buffer | undefined {
    const [first, ...rest] = this.#pieces;
    const line = rest.length === 0 && first ? first : Buffer.concat(this.#pieces);
    const whole = this.#length <= this.#maxBytes;
    this.#pieces = [];
    this.#length = 0;
    return whole ? line : undefined;
  }
}
