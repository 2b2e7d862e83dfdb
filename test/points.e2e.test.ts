import { randomUUID } from 'node:crypto';
import { type ConnectError, createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { PointsService } from '@tandem/contracts/users';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createRawEdgeCaller, createRawGrpcCaller } from './pair/raw-call.ts';
import { describeRefusal, refusalOf } from './pair/refusal.ts';
import { usePair } from './pair/use-pair.ts';

const { usersService, users } = await usePair();
/** Makes up no request_id, as the typed client does. */
const bare = createClient(PointsService, createConnectTransport({ baseUrl: usersService.edge, httpVersion: '1.1' }));

async function createUser(points = 0n): Promise<string> {
  const id = randomUUID();
  await users.createUser({ userId: id, email: `${id}@e2e.example`, name: 'Ada' });
  if (points > 0n) await users.grantPoints({ userId: id, amount: points, requestId: randomUUID() });
  return id;
}

describe('points over the wire', () => {
  it('move once, and are answered alike on both ports, however often the call is sent', async () => {
    const [fromUserId, toUserId] = [await createUser(10n), await createUser()];
    const request = { fromUserId, toUserId, amount: 3n, reason: 'lunch', requestId: randomUUID() };
    const [grpc, edge] = [createRawGrpcCaller(usersService.grpc), createRawEdgeCaller(usersService.edge)];
    onTestFinished(() => grpc[Symbol.dispose]());
    const { transferPoints } = PointsService.method;
    const answers = await Promise.all([grpc, edge, grpc, edge].map((port) => port.call(transferPoints, request)));
    expect(answers[0]).toHaveProperty('reply');
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect((await users.getUser({ id: fromUserId })).user).toMatchObject({ points: 7n, etag: '1' });
    const { transfers, totalSize } = await users.listTransfers({ userId: toUserId, includeTotalSize: true });
    expect(transfers).toMatchObject([{ fromUserId, toUserId, amount: 3n, reason: 'lunch' }]);
    expect(totalSize).toBe(1);
  });

  it('stay refused under a request_id that was refused, whatever the balance has become', async () => {
    const [fromUserId, toUserId] = [await createUser(1n), await createUser()];
    const request = { fromUserId, toUserId, amount: 3n, requestId: randomUUID() };
    const poor = { code: 'FailedPrecondition', reason: 'INSUFFICIENT_POINTS', domain: 'users.tandem', retry: false };
    expect(await refusalOf(users.transferPoints(request))).toMatchObject(poor);
    await users.grantPoints({ userId: fromUserId, amount: 10n, requestId: randomUUID() });
    expect(await refusalOf(users.transferPoints(request))).toMatchObject(poor);
    const byRequest = { key: { case: 'requestId', value: request.requestId } } as const;
    expect(await refusalOf(users.getTransfer(byRequest))).toMatchObject({
      code: 'NotFound',
      reason: 'TRANSFER_NOT_FOUND',
    });
  });

  it('refuse a request_id that was used for another payload or for the other method', async () => {
    const [fromUserId, toUserId] = [await createUser(10n), await createUser()];
    const requestId = randomUUID();
    const reused = { code: 'InvalidArgument', reason: 'REQUEST_ID_REUSED', fields: ['request_id'] };
    const transfer = { fromUserId, toUserId, amount: 1n, requestId };
    await users.transferPoints(transfer);
    expect(await refusalOf(users.transferPoints({ ...transfer, amount: 2n }))).toMatchObject(reused);
    const grant = { userId: toUserId, amount: 1n, requestId };
    expect(await refusalOf(users.grantPoints(grant))).toMatchObject(reused);
    const refused = { userId: randomUUID(), amount: 1n, requestId: randomUUID() };
    expect(await refusalOf(users.grantPoints(refused))).toMatchObject({ code: 'NotFound', reason: 'USER_NOT_FOUND' });
    expect(await refusalOf(users.transferPoints({ ...transfer, requestId: refused.requestId }))).toMatchObject(reused);
  });

  it('have one effect under one request_id that races over both methods', async () => {
    const [fromUserId, toUserId] = [await createUser(10n), await createUser()];
    const requestId = randomUUID();
    const outcome = (call: Promise<unknown>) =>
      call.then(
        () => 'moved',
        (error: ConnectError) => describeRefusal(error).reason,
      );
    const outcomes = await Promise.all([
      outcome(users.transferPoints({ fromUserId, toUserId, amount: 1n, requestId })),
      outcome(users.grantPoints({ userId: toUserId, amount: 1n, requestId })),
    ]);
    expect(outcomes.toSorted()).toEqual(['REQUEST_ID_REUSED', 'moved']);
    expect((await users.getUser({ id: toUserId })).user?.points).toBe(1n);
  });

  it.each([
    ['no request_id', { requestId: '' }, 'request_id'],
    ['no points', { amount: 0n }, 'amount'],
    ['a negative amount', { amount: -1n }, 'amount'],
    ['a line break in the reason', { reason: 'a\nb' }, 'reason'],
    ['a reason of 201 characters', { reason: 'x'.repeat(201) }, 'reason'],
  ])('refuse a transfer with %s', async (_, fields, field) => {
    const sides = { fromUserId: randomUUID(), toUserId: randomUUID() };
    const refused = bare.transferPoints({ ...sides, amount: 1n, requestId: randomUUID(), ...fields });
    expect(await refusalOf(refused)).toMatchObject({
      code: 'InvalidArgument',
      reason: 'FIELD_INVALID',
      fields: [field],
    });
  });

  it('refuse a grant of nothing, and a direction without a user', async () => {
    const nothing = { userId: randomUUID(), amount: 0n, requestId: randomUUID() };
    expect(await refusalOf(users.grantPoints(nothing))).toMatchObject({ reason: 'FIELD_INVALID', fields: ['amount'] });
    const lost = { filter: { direction: 1 } };
    expect(await refusalOf(users.listTransfers(lost))).toMatchObject({
      reason: 'FIELD_INVALID',
      fields: ['filter.direction'],
    });
    expect(await refusalOf(users.getTransfer({}))).toMatchObject({ reason: 'FIELD_INVALID' });
  });
});
