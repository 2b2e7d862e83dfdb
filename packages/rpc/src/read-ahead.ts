/**
 * Each item once the next has been asked for: that one arrives and is parsed while this one is worked on. A failure is
 * told when its turn comes, after the items before it.
 */
export async function* readAhead<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]();
  try {
    let next = iterator.next();
    for (;;) {
      const { done, value } = await next;
      if (done) return;
      next = iterator.next();
      next.catch(() => {}); // awaited later, or by nobody where the work ends first
      yield value;
    }
  } finally {
    // Not awaited: it may stand behind an item that never comes.
    iterator.return?.().catch(() => {});
  }
}
