import type { TransferPointsRequestSchema, TransferPointsResponseSchema } from '@tandem/contracts/users';
import { TandemError, type UnaryHandler } from '@tandem/rpc';
import { v7 as makeUuid } from 'uuid';
import type { UserStore } from '../store/store.ts';
import { toTransferMessage } from './transfer-message.ts';

/** Moves points from one user to another. */
export function transferPoints(
  store: Pick<UserStore, 'moveOnce'>,
): UnaryHandler<typeof TransferPointsRequestSchema, typeof TransferPointsResponseSchema> {
  return async ({ fromUserId, toUserId, amount, reason, requestId }, call) => {
    if (fromUserId === toUserId) {
      throw new TandemError('SAME_ACCOUNT', 'Points move between two users; to_user_id must be another one.');
    }
    const { caller } = call;
    return await store.moveOnce(call, async ({ points }) => {
      const id = makeUuid();
      const moved = await points.move({ id, fromUserId, toUserId, amount, reason, caller, requestId });
      return {
        transfer: toTransferMessage(moved.transfer),
        fromPoints: moved.fromPoints ?? 0n,
        toPoints: moved.toPoints ?? 0n,
      };
    });
  };
}
