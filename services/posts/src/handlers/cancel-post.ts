import type { CancelPostRequestSchema, CancelPostResponseSchema } from '@tandem/contracts/posts';
import type { UnaryHandler } from '@tandem/rpc';
import type { PostStore, PostsTransaction } from '../store/store.ts';
import { reservationNotFound } from './reservation-refusal.ts';

/** Drops a reserved post; where nothing is reserved under the id yet, nothing will be. */
export function cancelPost({
  store,
}: {
  store: Pick<PostStore, 'transaction'>;
}): UnaryHandler<typeof CancelPostRequestSchema, typeof CancelPostResponseSchema> {
  return ({ postId }, call) => store.transaction(call, (tx) => cancel(tx, postId), { inTurnFor: [postId] });
}

async function cancel({ reservations }: PostsTransaction, postId: string): Promise<object> {
  const reservation = await reservations.find(postId);
  if (reservation?.state === 'confirmed') throw reservationNotFound(postId);
  if (reservation?.state !== 'cancelled') await reservations.decide(postId, 'cancelled');
  return {};
}
