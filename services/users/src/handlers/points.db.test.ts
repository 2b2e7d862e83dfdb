import { randomUUID } from 'node:crypto';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import {
  GetTransferRequestSchema,
  GetTransferResponseSchema,
  GrantPointsRequestSchema,
  GrantPointsResponseSchema,
  ListTransfersRequestSchema,
  ListTransfersResponseSchema,
  TransferDirection,
  TransferKind,
  TransferPointsRequestSchema,
  TransferPointsResponseSchema,
} from '@tandem/contracts/users';
import { createPaging } from '@tandem/rpc';
import { makeCall } from '@tandem/rpc/testing';
import { describe, expect, it } from 'vitest';
import { useUsersDatabase } from '../../../../test/support/use-users-database.ts';
import { systemAccountId } from '../domain/points.ts';
import { createPostgresUserStore } from '../store/postgres-user-store.ts';
import { insertRichUser, insertUser } from '../store/testing/store-calls.ts';
import { usePool } from '../store/testing/use-postgres.ts';
import { getTransfer } from './get-transfer.ts';
import { grantPoints } from './grant-points.ts';
import { listTransfers } from './list-transfers.ts';
import { messageOf, refusalOf } from './testing/call-handler.ts';
import { transferPoints } from './transfer-points.ts';

const store = createPostgresUserStore(usePool(await useUsersDatabase()));
const handlers = {
  transfer: transferPoints(store),
  grant: grantPoints(store),
  get: getTransfer(store.points),
  list: listTransfers({ readers: store.points, paging: createPaging([Buffer.alloc(32, 1)]) }),
};

function transfer(init: MessageInitShape<typeof TransferPointsRequestSchema>, call = makeCall()) {
  const request = create(TransferPointsRequestSchema, { requestId: randomUUID(), ...init });
  return messageOf(TransferPointsResponseSchema, handlers.transfer(request, call));
}

function grant(userId: string, amount: bigint, call = makeCall()) {
  const request = create(GrantPointsRequestSchema, { userId, amount, reason: 'gift', requestId: randomUUID() });
  return messageOf(GrantPointsResponseSchema, handlers.grant(request, call));
}

function get(key: NonNullable<MessageInitShape<typeof GetTransferRequestSchema>['key']>, call = makeCall()) {
  return messageOf(GetTransferResponseSchema, handlers.get(create(GetTransferRequestSchema, { key }), call));
}

function list(init: MessageInitShape<typeof ListTransfersRequestSchema>, call = makeCall()) {
  return messageOf(ListTransfersResponseSchema, handlers.list(create(ListTransfersRequestSchema, init), call));
}

describe('TransferPoints', () => {
  it('answers the movement and both balances', async () => {
    const [a, b] = [await insertRichUser(store, 9n), await insertUser(store)];
    const requestId = randomUUID();
    const sides = { fromUserId: a.id, toUserId: b.id, amount: 4n, reason: 'lunch' };
    const { transfer: made, fromPoints, toPoints } = await transfer({ ...sides, requestId });
    expect([fromPoints, toPoints]).toEqual([5n, 4n]);
    expect(made).toMatchObject({ ...sides, requestId, kind: TransferKind.TRANSFER });
    expect(made?.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  });

  it('refuses one account on both sides before it looks for the user', async () => {
    const id = randomUUID();
    const refused = transfer({ fromUserId: id, toUserId: id, amount: 1n });
    expect(await refusalOf(refused)).toEqual({ reason: 'SAME_ACCOUNT', fields: ['to_user_id'] });
  });
});

describe('GrantPoints', () => {
  it('runs from the system account, and back to it where points are taken', async () => {
    const { id } = await insertUser(store);
    const given = await grant(id, 7n);
    expect(given.points).toBe(7n);
    const from = { fromUserId: systemAccountId, toUserId: id, amount: 7n, kind: TransferKind.GRANT };
    expect(given.transfer).toMatchObject(from);
    const taken = await grant(id, -7n);
    expect(taken.points).toBe(0n);
    const to = { fromUserId: id, toUserId: systemAccountId, amount: 7n, kind: TransferKind.GRANT };
    expect(taken.transfer).toMatchObject(to);
  });

  it('takes no more than there is, down to the least amount that can be asked for', async () => {
    const { id } = await insertRichUser(store, 5n);
    for (const amount of [-6n, -(2n ** 63n)]) {
      expect(await refusalOf(grant(id, amount))).toMatchObject({ reason: 'INSUFFICIENT_POINTS' });
    }
    expect(await refusalOf(grant(id, 2n ** 63n - 1n))).toMatchObject({ reason: 'POINTS_OUT_OF_RANGE' });
    for (const amount of [1n, -1n, -(2n ** 63n)]) {
      expect(await refusalOf(grant(systemAccountId, amount))).toMatchObject({ reason: 'USER_NOT_FOUND' });
    }
  });
});

describe('GetTransfer', () => {
  it('answers by id to anyone, by request_id only to its caller', async () => {
    const { id } = await insertUser(store);
    const [mine, stranger] = [makeCall({ caller: 'me' }), makeCall({ caller: 'stranger' })];
    const { transfer: made } = await grant(id, 3n, mine);
    const byRequest = { case: 'requestId', value: made!.requestId } as const;
    expect((await get({ case: 'id', value: made!.id }, stranger)).transfer).toEqual(made);
    expect((await get(byRequest, mine)).transfer).toEqual(made);
    expect(await refusalOf(get(byRequest, stranger))).toMatchObject({ reason: 'TRANSFER_NOT_FOUND' });
  });
});

describe('ListTransfers', () => {
  it('leads from page to page, latest first, and counts when asked', async () => {
    const { id: userId } = await insertUser(store);
    const made = [];
    for (const amount of [5n, -1n, 2n, -2n, 1n]) made.push((await grant(userId, amount)).transfer);
    const first = await list({ userId, pageSize: 2, includeTotalSize: true });
    const second = await list({ userId, pageSize: 2, pageToken: first.nextPageToken });
    const third = await list({ userId, pageSize: 1000, pageToken: second.nextPageToken });
    expect([first, second, third].flatMap((page) => page.transfers)).toEqual(made.toReversed());
    expect([first.totalSize, second.totalSize, third.nextPageToken]).toEqual([5, undefined, '']);
  });

  it('keeps to the direction and to times finer than a microsecond', async () => {
    const { id: userId } = await insertUser(store);
    const amounts = async (filter: MessageInitShape<typeof ListTransfersRequestSchema>['filter']) =>
      (await list({ userId, filter: filter! })).transfers.map(({ amount }) => amount);
    const made = [];
    for (const amount of [5n, -1n, 2n]) made.push((await grant(userId, amount)).transfer!);
    expect(await amounts({ direction: TransferDirection.IN })).toEqual([2n, 5n]);
    expect(await amounts({ direction: TransferDirection.OUT })).toEqual([1n]);
    const { seconds, nanos } = made[1]!.createTime!;
    expect(await amounts({ createdAfter: { seconds, nanos } })).toEqual([2n, 1n]);
    expect(await amounts({ createdBefore: { seconds, nanos } })).toEqual([5n]);
    expect(await amounts({ createdBefore: { seconds, nanos: nanos + 1 } })).toEqual([1n, 5n]);
  });

  it('refuses a token for another user or of another caller', async () => {
    const { id: userId } = await insertUser(store);
    for (const amount of [1n, 2n]) await grant(userId, amount);
    const { nextPageToken: pageToken } = await list({ userId, pageSize: 1 });
    expect(await refusalOf(list({ userId: randomUUID(), pageToken }))).toMatchObject({ reason: 'PAGE_TOKEN_MISMATCH' });
    const stranger = makeCall({ caller: 'stranger' });
    expect(await refusalOf(list({ userId, pageToken }, stranger))).toMatchObject({ reason: 'PAGE_TOKEN_INVALID' });
  });
});
