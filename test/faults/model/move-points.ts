import type { GrantPointsResponse, TransferPointsResponse } from '@tandem/contracts/users';
import fc from 'fast-check';
import { expect } from 'vitest';
import { expectReply } from './ask.ts';
import { slot, type UsersMutation } from './users-model.ts';

export const maxPoints = 9_223_372_036_854_775_807n;

const amount = fc.oneof(
  { weight: 8, arbitrary: fc.bigInt({ min: 1n, max: 20n }) },
  { weight: 1, arbitrary: fc.constant(maxPoints) },
);

export const transferPoints: UsersMutation<{ from: number; to: number; amount: bigint }> = {
  method: 'transferPoints',
  grounds: [
    'SAME_ACCOUNT',
    'USER_NOT_FOUND giver',
    'USER_NOT_FOUND taker',
    'USER_INACTIVE giver',
    'USER_INACTIVE taker',
    'INSUFFICIENT_POINTS',
    'POINTS_OUT_OF_RANGE',
  ],
  args: fc.record({ from: slot, to: slot, amount: fc.oneof(fc.constant(1n), amount) }),
  request: ({ from, to, amount }, model) => ({ fromUserId: model.idOf(from), toUserId: model.idOf(to), amount }),
  other: (request) => ({ ...request, reason: 'Another reason' }),
  judge({ from, to, amount }, model) {
    if (from === to) return { refused: ['SAME_ACCOUNT'], isKept: false, take() {} };
    const [giver, taker] = [model.users.get(model.idOf(from))?.view, model.users.get(model.idOf(to))?.view];
    const refused = [
      ...(giver === undefined ? ['USER_NOT_FOUND giver'] : []),
      ...(taker === undefined ? ['USER_NOT_FOUND taker'] : []),
      ...(giver?.isActive === false ? ['USER_INACTIVE giver'] : []),
      ...(taker?.isActive === false ? ['USER_INACTIVE taker'] : []),
      ...(giver !== undefined && giver.points < amount ? ['INSUFFICIENT_POINTS'] : []),
      ...(taker !== undefined && taker.points + amount > maxPoints ? ['POINTS_OUT_OF_RANGE'] : []),
    ];
    return {
      refused,
      isOrdered: true,
      take(answer) {
        const { transfer, fromPoints, toPoints } = expectReply<TransferPointsResponse>(answer);
        const sides = { fromUserId: model.idOf(from), toUserId: model.idOf(to) };
        expect(transfer).toMatchObject({ ...sides, amount, kind: 1 });
        expect(fromPoints).toBe(model.addPoints(sides.fromUserId, -amount));
        expect(toPoints).toBe(model.addPoints(sides.toUserId, amount));
        if (transfer) model.transfers.push(transfer);
      },
    };
  },
};

const systemAccountId = '00000000-0000-7000-8000-000000000000';

export const grantPoints: UsersMutation<{ slot: number; amount: bigint }> = {
  method: 'grantPoints',
  grounds: ['USER_NOT_FOUND', 'INSUFFICIENT_POINTS', 'POINTS_OUT_OF_RANGE'],
  args: fc.record({
    slot,
    amount: fc.oneof(
      amount,
      amount,
      amount.map((points) => -points),
    ),
  }),
  request: ({ slot, amount }, model) => ({ userId: model.idOf(slot), amount }),
  other: (request) => ({ ...request, reason: 'Another reason' }),
  judge({ slot, amount }, model) {
    const userId = model.idOf(slot);
    const points = model.users.get(userId)?.view.points;
    if (points === undefined) return { refused: ['USER_NOT_FOUND'], take() {} };
    const refused = [
      ...(points + amount < 0n ? ['INSUFFICIENT_POINTS'] : []),
      ...(points + amount > maxPoints ? ['POINTS_OUT_OF_RANGE'] : []),
    ];
    const [fromUserId, toUserId] = amount > 0n ? [systemAccountId, userId] : [userId, systemAccountId];
    return {
      refused,
      isOrdered: true,
      take(answer) {
        const reply = expectReply<GrantPointsResponse>(answer);
        const moved = amount > 0n ? amount : -amount;
        expect(reply.transfer).toMatchObject({ fromUserId, toUserId, amount: moved, kind: 2 });
        expect(reply.points).toBe(model.addPoints(userId, amount));
        if (reply.transfer) model.transfers.push(reply.transfer);
      },
    };
  },
};
