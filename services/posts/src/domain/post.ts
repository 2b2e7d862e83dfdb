/** Milliseconds since 1970-01-01T00:00:00Z: the exactness that posts' times are kept to. */
export type TimeMillis = number;

/** A post, as every reader of the store sees one. */
export interface Post {
  /** A UUID in lower case. */
  readonly id: string;
  readonly authorId: string;
  readonly title: string;
  /** Undefined where it was not read. */
  readonly content: string | undefined;
  /** In the order given, each once. */
  readonly tags: readonly string[];
  /** ISO 639-1. */
  readonly language: string;
  readonly published: boolean;
  readonly createTime: TimeMillis;
  readonly updateTime: TimeMillis;
  /** When it was first published; undefined while it never was. */
  readonly publishTime: TimeMillis | undefined;
  /** Raised by each change; the etag. */
  readonly version: number;
}

/** A post with its content: what is written. */
export type FullPost = Post & { readonly content: string };

/** A post as it was and as it shall be; a content that was not read stays as it is. */
export interface PostRevision {
  readonly before: Post;
  readonly after: Post;
}

/** Which posts. All given parts must hold; a list holds when any of its values does, and an empty one does not count. */
export interface PostFilter {
  readonly authorId?: string | undefined;
  readonly authorIds?: readonly string[] | undefined;
  readonly published?: boolean | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly language?: string | undefined;
  /** At this instant or later. */
  readonly createdAfter?: TimeMillis | undefined;
  /** Before this instant. */
  readonly createdBefore?: TimeMillis | undefined;
}

/** What posts may be ordered by; the id breaks ties, in the same direction. A post never published comes before all times. */
export const postOrderFields = ['create_time', 'publish_time', 'update_time', 'title'] as const;
export type PostOrderField = (typeof postOrderFields)[number];

/** An order of posts. */
export interface PostOrder<Field extends PostOrderField = PostOrderField> {
  readonly field: Field;
  readonly descending: boolean;
}

/** The place of a post in an order: its key (the folded title, a time, or null while never published) and its id. */
export interface PostPosition {
  readonly key: string | TimeMillis | null;
  readonly id: string;
}
