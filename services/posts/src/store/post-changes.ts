import type { CallBounds } from '@tandem/rpc';
import type { PostFilter } from '../domain/post.ts';
import type { PostEvent } from '../domain/post-event.ts';

/** What to watch. */
export interface PostWatch {
  readonly filter: PostFilter;
  /** The position of the last news that was received; undefined: from now on. */
  readonly after: string | undefined;
}

/** A change, or the sign that there was none to tell of. */
export interface PostNews {
  readonly event: PostEvent | undefined;
  /** Goes on after this, also in another process. */
  readonly position: string;
}

/** The changes of posts as they are committed. */
export interface PostChanges {
  /**
   * Each change that the filter sees, once and in order; the first news comes at once, and never more than `heartbeatMs`
   * lie between two. Ends only by a throw, or when it is read no more; nothing of it then stays in the database.
   *
   * @throws TandemError `CURSOR_EXPIRED` when what followed `after` is known no more; `OVERLOADED` for who reads too
   * slowly, and beyond as many watches as may be; `STORE_UNAVAILABLE`; the reason of the call's signal
   */
  watch(watch: PostWatch, call: CallBounds): AsyncIterable<PostNews>;
}
