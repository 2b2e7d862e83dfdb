import { abandon, gone, watchDeparture } from '../departure.ts';

/** The writing half of a grpc-js stream. */
export interface ReplyWriter<T> {
  readonly cancelled: boolean;
  once(event: 'cancelled' | 'drain', listener: () => void): unknown;
  off(event: 'cancelled', listener: () => void): unknown;
  /** False where the reader has no room for more; `drain` follows when it has. */
  write(reply: T): boolean;
}

/**
 * Writes what an iterable yields, asking for the next only when the reader has room. Once the reader has gone away
 * nothing more is asked for, and the iterable's `return()` is called at once, even while it waits.
 *
 * @param beforeWrite called before each write
 */
export async function writeReplies<T>(
  writer: ReplyWriter<T>,
  replies: AsyncIterable<T>,
  beforeWrite: () => void,
): Promise<void> {
  const iterator = replies[Symbol.asyncIterator]();
  const departure = watchDeparture((onGone) => {
    writer.once('cancelled', onGone);
    return () => writer.off('cancelled', onGone);
  });
  try {
    while (!writer.cancelled) {
      const next = iterator.next();
      const result = await departure.or(next);
      if (result === gone) return await abandon(iterator, next);
      if (result.done) return;
      beforeWrite();
      if (!writer.write(result.value)) await departure.or(drained(writer));
    }
    await abandon(iterator);
  } finally {
    departure.stop();
  }
}

function drained<T>(writer: ReplyWriter<T>): Promise<void> {
  return new Promise((resolve) => writer.once('drain', resolve));
}
