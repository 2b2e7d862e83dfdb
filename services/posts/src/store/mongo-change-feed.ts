import { TandemError } from '@tandem/rpc';
import type { PlacedChange, PostStream } from './mongo-change-stream.ts';

/** How much of the latest changes is kept for readers who are behind the fastest. */
export interface FeedLimits {
  readonly maxChanges: number;
  readonly maxBytes: number;
}

/** Where changes come from, one after the other. */
export interface ChangeSource {
  /** After what `next` gave last; undefined before anything is known. */
  readonly position: string | undefined;
  /** The next change, or undefined where none came within about a second. */
  next(): Promise<PlacedChange | undefined>;
}

/**
 * One change stream that many read. It goes as fast as its fastest reader asks; the latest changes are kept for the
 * others, and a reader who is behind them is ended.
 */
export class ChangeFeed implements AsyncDisposable {
  readonly #stream: PostStream;
  readonly #limits: FeedLimits;
  /** The latest changes, by number. */
  readonly #kept = new Map<number, PlacedChange>();
  #first = 0;
  #end = 0;
  #bytes = 0;
  /** All changes after it are kept. */
  #base: string | undefined;
  /** All changes up to it have been kept: the stream's own position is ahead while it hands out a change. */
  #head: string | undefined;
  #reading: Promise<void> | undefined;
  #failed = false;

  constructor(stream: PostStream, limits: FeedLimits) {
    this.#stream = stream;
    this.#limits = limits;
  }

  /** It gives nothing more; another must take its place. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Resolves when the database has begun it. */
  async open(): Promise<void> {
    if (this.#base !== undefined) return;
    await Promise.race([this.#stream.opened, this.advance()]);
    this.#base ??= this.#stream.position;
  }

  /** Whether one who has read up to a position can go on here. */
  covers(position: string): boolean {
    return this.#base !== undefined && position >= this.#base;
  }

  /** The changes after a position that is covered. */
  readFrom(start: string): ChangeSource {
    let position = start;
    let number = this.#first;
    const takeKept = (): PlacedChange | undefined => {
      if (!this.covers(position)) throw tooSlow();
      number = Math.max(number, this.#first);
      for (; number < this.#end; number += 1) {
        const kept = this.#kept.get(number);
        if (kept === undefined || kept.position <= position) continue;
        position = kept.position;
        number += 1;
        return kept;
      }
      return undefined;
    };
    return {
      get position() {
        return position;
      },
      next: async () => {
        const kept = takeKept();
        if (kept !== undefined) return kept;
        await this.advance();
        const come = takeKept();
        if (come === undefined) position = laterOf(position, this.#head);
        return come;
      },
    };
  }

  /** Reads the next change, once for all who wait for it. */
  advance(): Promise<void> {
    this.#reading ??= this.#read().then(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(): Promise<void> {
    try {
      const placed = await this.#stream.next();
      this.#base ??= this.#stream.position;
      if (placed !== undefined) this.#keep(placed);
      this.#head = this.#stream.position;
    } catch (error) {
      this.#failed = true;
      throw error;
    }
  }

  #keep(placed: PlacedChange): void {
    this.#kept.set(this.#end, placed);
    this.#end += 1;
    this.#bytes += sizeOf(placed);
    while (this.#kept.size > this.#limits.maxChanges || (this.#bytes > this.#limits.maxBytes && this.#kept.size > 1)) {
      this.#dropFirst();
    }
  }

  #dropFirst(): void {
    const dropped = this.#kept.get(this.#first);
    this.#kept.delete(this.#first);
    this.#first += 1;
    if (dropped === undefined) return;
    this.#bytes -= sizeOf(dropped);
    this.#base = dropped.position;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#failed = true;
    this.#kept.clear();
    await this.#stream[Symbol.asyncDispose]();
    await this.#reading?.catch(() => undefined);
  }
}

/** About what a change takes in memory. */
function sizeOf({ change }: PlacedChange): number {
  return 2_000 + 2 * (change.after?.content.length ?? 0);
}

function laterOf(position: string, other: string | undefined): string {
  return other !== undefined && other > position ? other : position;
}

function tooSlow(): TandemError {
  return new TandemError(
    'OVERLOADED',
    'Posts change faster than this watch is read, and no more changes are kept for it. Go on from the cursor of the last message.',
  );
}
