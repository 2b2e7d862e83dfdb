import type { GrantPointsRequestSchema, GrantPointsResponseSchema } from '@tandem/contracts/users';
import type { UnaryHandler } from '@tandem/rpc';
import { v7 as makeUuid } from 'uuid';
import type { UserStore } from '../store/store.ts';
import { toTransferMessage } from './transfer-message.ts';

/** Gives a user points from the system account, or takes them back to it. */
export function grantPoints(
  store: Pick<UserStore, 'moveOnce'>,
): UnaryHandler<typeof GrantPointsRequestSchema, typeof GrantPointsResponseSchema> {
  return async ({ userId, amount, reason, requestId }, call) => {
    const sides =
      amount > 0n
        ? { fromUserId: undefined, toUserId: userId, amount }
        : { fromUserId: userId, toUserId: undefined, amount: -amount };
    const { caller } = call;
    return await store.moveOnce(call, async ({ points }) => {
      const moved = await points.move({ id: makeUuid(), ...sides, reason, caller, requestId });
      return { transfer: toTransferMessage(moved.transfer), points: moved.fromPoints ?? moved.toPoints ?? 0n };
    });
  };
}
