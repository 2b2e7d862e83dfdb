import type { FullPost } from '../domain/post.ts';

/**
 * What keeps new posts of an author and the author's end apart: whoever makes a post and whoever ends the author write the
 * author's guard, so that one of two that run at once sees the other.
 */
export interface AuthorWriter {
  /**
   * Writes the guards of authors who are to have new posts.
   *
   * @returns those of them who have been ended: they may have none any more
   */
  admit(authorIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** Leaves the author's tombstone, where none is yet, and cancels what is reserved for the author. */
  end(authorId: string): Promise<AuthorEnd>;
  /** Deletes these posts where they are the author's, and counts them in the guard. @returns the author's count since the end */
  deletePosts(authorId: string, ids: readonly string[]): Promise<number>;
}

/** An author who has been ended. */
export interface AuthorEnd {
  /** How many of the author's posts were deleted since. */
  readonly deleted: number;
  /** Whether all posts that were let in before the end are there by now, or never will be. */
  readonly settled: boolean;
}

/** A post to be: seen by no read until it is confirmed. Decided ones are known for 30 days. */
export type Reservation =
  | { readonly state: 'reserved'; readonly post: FullPost }
  | { readonly state: 'confirmed' | 'cancelled'; readonly authorId: string | undefined };

/** Of two transactions that write one reservation, one runs again and sees the other. */
export interface ReservationWriter {
  find(postId: string): Promise<Reservation | undefined>;
  /** Which of these ids are reserved and not decided. */
  findHeld(postIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** @throws TandemError `ID_TAKEN` where there is or was a reservation with the id; the transaction is then over */
  insert(post: FullPost): Promise<void>;
  /** Decides a reservation, or one that may still come. Its post is kept no longer. */
  decide(postId: string, state: 'confirmed' | 'cancelled'): Promise<void>;
}
