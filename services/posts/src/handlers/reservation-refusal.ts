import { TandemError } from '@tandem/rpc';

/** Nothing was reserved under the id, or it is decided otherwise already. */
export function reservationNotFound(postId: string): TandemError {
  return new TandemError(
    'RESERVATION_NOT_FOUND',
    `No post is reserved as ${postId}: it never was, or is confirmed or cancelled already. Reserve another under a new id.`,
    { metadata: { post_id: postId } },
  );
}
