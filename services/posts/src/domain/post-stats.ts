import type { TimeMillis } from './post.ts';

/** What posts may be counted by. A post counts under each of its tags; months are those of creation, UTC. */
export type PostStatsKey = 'author' | 'month' | 'tag' | 'language';

/** The posts of one key. */
export interface PostStatsGroup {
  /** The author's id, the month as `2026-11`, the tag, or the language. */
  readonly key: string;
  readonly total: number;
  readonly published: number;
}

/** Figures about posts, all as of one moment. */
export interface PostStats {
  readonly total: number;
  readonly published: number;
  /** Largest first, then by key. */
  readonly groups: readonly PostStatsGroup[];
  readonly asOf: TimeMillis;
}
