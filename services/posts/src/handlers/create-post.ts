import type { CreatePostRequestSchema, CreatePostResponseSchema } from '@tandem/contracts/posts';
import { AnswerRecorded, type Call, TandemError, type UnaryHandler } from '@tandem/rpc';
import { refuseAuthor } from '../domain/author-refusal.ts';
import type { TimeMillis } from '../domain/post.ts';
import type { AuthorDirectory } from '../peers/author-directory.ts';
import type { PostStore, PostsTransaction } from '../store/store.ts';
import { assertPostText, toNewPost } from './new-post.ts';
import { toWirePost } from './wire-post.ts';

export interface CreatePostDependencies {
  readonly store: Pick<PostStore, 'prepare' | 'transaction' | 'records'>;
  readonly authors: Pick<AuthorDirectory, 'find'>;
  readonly now: () => TimeMillis;
  readonly newId: () => string;
}

/** Creates a post of an author who exists and is active. */
export function createPost({
  store,
  authors,
  now,
  newId,
}: CreatePostDependencies): UnaryHandler<typeof CreatePostRequestSchema, typeof CreatePostResponseSchema> {
  return async (request, call) => {
    assertPostText(request);
    await assertNotAnswered(store, call);
    await assertMayWrite(authors, request.authorId, call);
    const post = toNewPost(request, { id: request.postId || newId(), now: now() });
    const work = async ({ posts, reservations }: PostsTransaction) => {
      if (request.postId !== '') await assertNotReserved(reservations, request.postId);
      await posts.insert(post, { idIsChosen: request.postId !== '' });
      return { post: toWirePost(post) };
    };
    await store.prepare([post]);
    return store.transaction(call, work, { inTurnFor: [post.authorId] });
  };
}

/** The first answer stands, also when the author could not be asked now or would be refused now. */
async function assertNotAnswered({ records }: Pick<PostStore, 'records'>, call: Call): Promise<void> {
  if (call.claim === undefined) return;
  const answer = await records.find(call.claim, call);
  if (answer !== undefined) throw new AnswerRecorded(answer);
}

/** An id that is being reserved at this moment is not seen: reservations have fresh ids, which nobody knows yet. */
async function assertNotReserved(reservations: PostsTransaction['reservations'], id: string): Promise<void> {
  if ((await reservations.findHeld([id])).size === 0) return;
  throw new TandemError(
    'REQUEST_IN_PROGRESS',
    'post_id is held for a post that is being made. Try again, or choose another.',
  );
}

async function assertMayWrite(authors: Pick<AuthorDirectory, 'find'>, authorId: string, call: Call): Promise<void> {
  const refusal = refuseAuthor(authorId, await authors.find(authorId, call));
  if (refusal !== undefined)
    throw new TandemError(refusal.reason, refusal.message, { metadata: { author_id: authorId } });
}
