import type { ConfirmPostRequestSchema, ConfirmPostResponseSchema } from '@tandem/contracts/posts';
import { breakpoint, type UnaryHandler } from '@tandem/rpc';
import { authorEnded } from '../domain/author-refusal.ts';
import type { PostStore, PostsTransaction } from '../store/store.ts';
import { reservationNotFound } from './reservation-refusal.ts';

/** Makes a reserved post a post. A second time does nothing, also where the post was deleted since. */
export function confirmPost({
  store,
}: {
  store: Pick<PostStore, 'transaction'>;
}): UnaryHandler<typeof ConfirmPostRequestSchema, typeof ConfirmPostResponseSchema> {
  return async ({ postId }, call) => {
    const reply = await store.transaction(call, (tx) => confirm(tx, postId), { inTurnFor: [postId] });
    breakpoint('posts:confirmed');
    return reply;
  };
}

async function confirm({ posts, authors, reservations }: PostsTransaction, postId: string): Promise<object> {
  const reservation = await reservations.find(postId);
  if (reservation?.state === 'confirmed') {
    posts.keep(postId);
    return {};
  }
  if (reservation?.state !== 'reserved') {
    // A tombstone cancels what is reserved; that is the reason then.
    const { authorId } = reservation ?? {};
    if (authorId !== undefined && (await authors.admit([authorId])).size > 0) throw authorEnded(authorId);
    throw reservationNotFound(postId);
  }
  await posts.insert(reservation.post);
  await reservations.decide(postId, 'confirmed');
  return {};
}
