import type { FullPost, Post, PostFilter, PostOrder, PostPosition } from '../domain/post.ts';
import type { PostStats, PostStatsKey } from '../domain/post-stats.ts';
import type { StoreCall } from './store.ts';

/** Posts to be read in an order. */
export interface PostListing {
  readonly filter: PostFilter;
  readonly order: PostOrder;
  /** The last post of the page before; undefined: from the beginning. */
  readonly after: PostPosition | undefined;
  /** How many posts at most. */
  readonly limit: number;
  /** Whether to read the content too. */
  readonly withContent: boolean;
}

/** A post and its place in the order that was asked for. */
export interface ListedPost {
  readonly post: Post;
  readonly position: PostPosition;
}

/** Posts to be read by id, in its order. */
export interface PostExport {
  readonly filter: PostFilter;
  /** Only posts with a greater id; undefined: from the beginning. */
  readonly afterId: string | undefined;
  /** How many posts at most. */
  readonly limit: number;
}

/** Posts to be counted. */
export interface PostCounting {
  readonly filter: PostFilter;
  /** What to count by; undefined: not grouped. */
  readonly groupBy: PostStatsKey | undefined;
  /** How many groups at most. */
  readonly topN: number;
}

/** Posts to be read by their ids. */
export interface PostSelection {
  readonly ids: readonly string[];
  /** Whether to read the content too. */
  readonly withContent: boolean;
  /** A content of more bytes is not read. Default: each is. */
  readonly maxContentBytes?: number;
  /** Whether all must be of one moment. Default false. */
  readonly snapshot?: boolean;
}

/**
 * Reads what is committed; how fresh, `Readers` says.
 *
 * Every method may throw TandemError `STORE_UNAVAILABLE`, `OVERLOADED` (no connection to be had), `DEADLINE_EXCEEDED`,
 * or the reason of the call's signal; the database then stops working for it.
 */
export interface PostReader {
  /** The post with its content, or undefined when there is none. */
  get(id: string, call: StoreCall): Promise<FullPost | undefined>;
  /** Those that there are, each once, in no order, as they come: who stops reading stops the database. */
  select(selection: PostSelection, call: StoreCall): AsyncIterable<Post>;
  /** In the order asked for, as they come: who stops reading stops the database. */
  list(listing: PostListing, call: StoreCall): AsyncIterable<ListedPost>;
  /** With their contents, as of one moment, as they come: who stops reading stops the database. */
  export(wanted: PostExport, call: StoreCall): AsyncIterable<FullPost>;
  count(filter: PostFilter, call: StoreCall): Promise<number>;
  /** As of one moment. */
  stats(counting: PostCounting, call: StoreCall): Promise<PostStats>;
  /** How many bytes the contents of these posts have, by id, without reading them; those that there are. */
  measure(ids: readonly string[], call: StoreCall): Promise<Map<string, number>>;
}

/** A post as the bytes of its message, which nobody changes. */
export interface EncodedPost {
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** Posts with their contents as the bytes of their messages; fresh as `PostReader`, and throws what it throws. */
export interface EncodedPostReader {
  /** The post, or undefined when there is none. */
  get(id: string, call: StoreCall): Promise<Uint8Array | undefined>;
  /**
   * Those that there are, each once, in no order, as they come; of the strong reader all of one moment. Who stops reading
   * stops the work.
   */
  select(ids: readonly string[], call: StoreCall): AsyncIterable<EncodedPost>;
}
