import type { ReservePostRequestSchema, ReservePostResponseSchema } from '@tandem/contracts/posts';
import { breakpoint, TandemError, type UnaryHandler } from '@tandem/rpc';
import { authorEnded } from '../domain/author-refusal.ts';
import type { TimeMillis } from '../domain/post.ts';
import type { PostStore, PostsTransaction } from '../store/store.ts';
import { assertPostText, toNewPost } from './new-post.ts';
import { toWirePost } from './wire-post.ts';

export interface ReservePostDependencies {
  readonly store: Pick<PostStore, 'transaction'>;
  readonly now: () => TimeMillis;
}

/** Keeps a post that no read can see yet, under an id that no post and no reservation has had. Whether there is such a user is not asked. */
export function reservePost({
  store,
  now,
}: ReservePostDependencies): UnaryHandler<typeof ReservePostRequestSchema, typeof ReservePostResponseSchema> {
  return async (request, call) => {
    assertPostText(request);
    const post = toNewPost(request, { id: request.postId, now: now() });
    const work = async ({ authors, posts, reservations }: PostsTransaction) => {
      if ((await authors.admit([post.authorId])).size > 0) throw authorEnded(post.authorId);
      if ((await posts.findIds([post.id])).size > 0) throw idTaken();
      await reservations.insert(post);
      return { post: toWirePost(post) };
    };
    const reply = await store.transaction(call, work, { inTurnFor: [post.authorId] });
    breakpoint('posts:reserved');
    return reply;
  };
}

function idTaken(): TandemError {
  return new TandemError('ID_TAKEN', 'Another post has post_id; choose another.');
}
