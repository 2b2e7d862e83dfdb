import type { GrpcCall } from './grpc-context.ts';

/** The writing half of a grpc-js stream. */
export interface ReplyWriter<T> extends Pick<GrpcCall, 'cancelled' | 'once' | 'off'> {
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
  const departure = watchDeparture(writer);
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

const gone = Symbol('the reader is gone');

/** One slot, taken anew for each wait: `Promise.race` against one promise would gather a reaction per message. */
function watchDeparture<T>(writer: ReplyWriter<T>) {
  let leave = (): void => {};
  const onCancelled = () => leave();
  writer.once('cancelled', onCancelled);
  return {
    /** What the work gives, or `gone` where the reader goes first. */
    or<R>(work: Promise<R>): Promise<R | typeof gone> {
      return new Promise((resolve, reject) => {
        leave = () => resolve(gone);
        work.then(resolve, reject);
      });
    },
    stop: () => writer.off('cancelled', onCancelled),
  };
}

function drained<T>(writer: ReplyWriter<T>): Promise<void> {
  return new Promise((resolve) => writer.once('drain', resolve));
}

/** Nobody is left to hear of what the iterator still does, its failure included. */
async function abandon<T>(iterator: AsyncIterator<T>, pending?: Promise<IteratorResult<T>>): Promise<void> {
  await Promise.allSettled([pending, iterator.return?.()]);
}
