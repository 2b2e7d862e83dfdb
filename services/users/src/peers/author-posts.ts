import type { Post } from '@tandem/contracts/posts';
import type { NewPost } from '@tandem/contracts/users';
import type { Call } from '@tandem/rpc';

/** What is handed on of the call or job that asks. */
export type PeerCall = Pick<Call, 'requestId' | 'traceparent' | 'deadline' | 'signal'>;

/** A post to be, under an id that no post and no other attempt has had. */
export interface ReservedPost {
  readonly postId: string;
  readonly authorId: string;
  readonly post: Pick<NewPost, 'title' | 'content' | 'tags' | 'published'>;
}

/** How far the deletion of an author's posts has come. */
export interface DeletionProgress {
  /** All that were deleted since the first call. */
  readonly deleted: bigint;
  /** Whether none are left and none can come any more. */
  readonly done: boolean;
}

/**
 * The posts of authors, as the posts service keeps them.
 *
 * Every method may throw TandemError `PEER_UNAVAILABLE`: what became of the call is not known.
 */
export interface AuthorPosts {
  /**
   * Keeps a post that no read sees until it is confirmed, and gives it as it will be.
   *
   * @throws TandemError `FIELD_INVALID`, with fields as CreateUserWithPost has them: nothing is kept
   */
  reserve(post: ReservedPost, call: PeerCall): Promise<Post>;
  /** Makes a reserved post a post; does nothing where it is, was, or its author has been deleted since. */
  confirm(postId: string, call: PeerCall): Promise<void>;
  /** Drops a reserved post; where nothing is reserved under the id yet, nothing will be. */
  cancel(postId: string, call: PeerCall): Promise<void>;
  /** Deletes posts of an author for as long as the call's time allows, and sees to it that none comes after. */
  deleteAll(authorId: string, call: PeerCall): Promise<DeletionProgress>;
}
