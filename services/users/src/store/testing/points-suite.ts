import { randomUUID } from 'node:crypto';
import { makeCall, makeClaim, reasonOf } from '@tandem/rpc/testing';
import { describe, expect, it } from 'vitest';
import { systemAccountId, type Transfer, type TransferFilter, type TransferPosition } from '../../domain/points.ts';
import type { UserStore } from '../store.ts';
import { insertRichUser, insertUser, makeRow, makeTransfer, movePoints } from './store-calls.ts';

const maxPoints = 2n ** 63n - 1n;

export function describePoints(getStore: () => UserStore): void {
  const pointsOf = async (id: string) => (await getStore().reader.get(id, makeCall()))?.points;
  const move = (fields: Parameters<typeof movePoints>[1]) => movePoints(getStore(), fields);
  const deactivate = (user: { id: string; email: string; name: string }) => {
    const { id, email, name } = user;
    const row = makeRow({ id, email, name, isActive: false });
    return getStore().transaction(makeCall(), (tx) => tx.users.importRows([row], 'update'));
  };

  describe('movements of points', () => {
    it('change both balances, tell them, and touch neither version nor update_time', async () => {
      const [a, b] = [await insertRichUser(getStore(), 10n), await insertUser(getStore())];
      const { transfer, fromPoints, toPoints } = await move({ fromUserId: a.id, toUserId: b.id, amount: 4n });
      expect([fromPoints, toPoints]).toEqual([6n, 4n]);
      expect(await getStore().reader.get(a.id, makeCall())).toEqual({ ...a, points: 6n });
      expect(await getStore().reader.get(b.id, makeCall())).toEqual({ ...b, points: 4n });
      expect(transfer).toMatchObject({ fromUserId: a.id, toUserId: b.id, amount: 4n });
    });

    it('may take everything, and run from and to the system account', async () => {
      const { id } = await insertUser(getStore());
      const given = await move({ toUserId: id, amount: maxPoints });
      expect(given).toMatchObject({ fromPoints: undefined, toPoints: maxPoints });
      expect(given.transfer).toMatchObject({ fromUserId: systemAccountId, toUserId: id });
      const taken = await move({ fromUserId: id, amount: maxPoints });
      expect(taken).toMatchObject({ fromPoints: 0n, toPoints: undefined });
      expect(taken.transfer).toMatchObject({ fromUserId: id, toUserId: systemAccountId });
      expect(await pointsOf(id)).toBe(0n);
    });

    it('never leave less than nothing, nor more than int64 holds, and then nothing has moved', async () => {
      const [poor, rich] = [await insertRichUser(getStore(), 3n), await insertRichUser(getStore(), maxPoints - 1n)];
      const sides = { fromUserId: poor.id, toUserId: rich.id };
      expect(await reasonOf(move({ ...sides, amount: 4n }))).toBe('INSUFFICIENT_POINTS');
      expect(await reasonOf(move({ ...sides, amount: 2n }))).toBe('POINTS_OUT_OF_RANGE');
      expect(await reasonOf(move({ fromUserId: rich.id, amount: 2n ** 63n }))).toBe('INSUFFICIENT_POINTS');
      expect(await reasonOf(move({ toUserId: poor.id, amount: maxPoints }))).toBe('POINTS_OUT_OF_RANGE');
      expect([await pointsOf(poor.id), await pointsOf(rich.id)]).toEqual([3n, maxPoints - 1n]);
      expect(await getStore().points.reader.count({ userId: poor.id }, makeCall())).toBe(1n);
    });

    it('are refused where a user is missing, the system account as a user among them', async () => {
      const { id } = await insertRichUser(getStore(), 5n);
      for (const missing of [randomUUID(), systemAccountId]) {
        expect(await reasonOf(move({ fromUserId: id, toUserId: missing }))).toBe('USER_NOT_FOUND');
        expect(await reasonOf(move({ fromUserId: missing, toUserId: id }))).toBe('USER_NOT_FOUND');
        expect(await reasonOf(move({ fromUserId: missing }))).toBe('USER_NOT_FOUND');
        expect(await reasonOf(move({ toUserId: missing }))).toBe('USER_NOT_FOUND');
      }
      expect(await pointsOf(id)).toBe(5n);
    });

    it('between users need both to be active; grants need not', async () => {
      const [a, b] = [await insertRichUser(getStore(), 5n), await insertRichUser(getStore(), 5n)];
      await deactivate(a);
      expect(await reasonOf(move({ fromUserId: a.id, toUserId: b.id }))).toBe('USER_INACTIVE');
      expect(await reasonOf(move({ fromUserId: b.id, toUserId: a.id }))).toBe('USER_INACTIVE');
      expect(await move({ toUserId: a.id })).toMatchObject({ toPoints: 6n });
      expect(await move({ fromUserId: a.id, amount: 6n })).toMatchObject({ fromPoints: 0n });
    });

    it('tell a missing user before an inactive one, and that before a lack of points', async () => {
      const [a, b] = [await insertUser(getStore()), await insertUser(getStore())];
      await deactivate(a);
      const refusal = (fromUserId: string, toUserId: string) => reasonOf(move({ fromUserId, toUserId, amount: 9n }));
      expect(await refusal(a.id, randomUUID())).toBe('USER_NOT_FOUND');
      expect(await refusal(a.id, b.id)).toBe('USER_INACTIVE');
      expect(await refusal(b.id, a.id)).toBe('USER_INACTIVE');
    });

    it('happen once under a request id of a caller, whatever is asked the second time', async () => {
      const user = await insertRichUser(getStore(), 5n);
      const first = makeTransfer({ toUserId: user.id });
      await move(first);
      const again = { ...makeTransfer({ fromUserId: randomUUID() }), requestId: first.requestId };
      expect(await reasonOf(move(again))).toBe('REQUEST_ID_REUSED');
      expect(await reasonOf(move({ ...first, id: randomUUID() }))).toBe('REQUEST_ID_REUSED');
      expect(await move({ ...first, id: randomUUID(), caller: 'another' })).toMatchObject({ toPoints: 7n });
    });

    it('have one effect when the same request id races without a record', async () => {
      const { id } = await insertUser(getStore());
      const { requestId } = makeTransfer();
      const outcomes = await Promise.all(
        Array.from({ length: 6 }, () =>
          reasonOf(move({ toUserId: id, requestId })).then((reason) => reason ?? 'moved'),
        ),
      );
      expect(outcomes.filter((outcome) => outcome === 'moved')).toHaveLength(1);
      expect(new Set(outcomes)).toEqual(new Set(['moved', 'REQUEST_ID_REUSED']));
      expect(await pointsOf(id)).toBe(1n);
    });
  });

  describe('the records of transfers and grants', () => {
    const points = 'tandem.users.v1.PointsService';
    const [transfers, grants] = [`${points}/TransferPoints`, `${points}/GrantPoints`] as const;

    it.each([
      [transfers, grants],
      [grants, transfers],
    ])('are shared: an id refused to %s is not free for %s', async (used, other) => {
      const claim = { ...makeClaim({ payload: 'one' }), method: used };
      await getStore().records.putRefusal(claim, Buffer.from('refused'), makeCall());
      const second = { ...claim, method: other, fingerprint: Buffer.from('two') };
      const work = getStore().transaction(makeCall({ claim: second }), async () => ({}));
      expect(await reasonOf(work)).toBe('REQUEST_ID_REUSED');
    });
  });

  describe('the ledger', () => {
    const ledger = () => getStore().points.reader;

    async function collect(filter: TransferFilter, limit: number): Promise<Transfer[]> {
      const transfers: Transfer[] = [];
      let after: TransferPosition | undefined;
      do {
        const page = await ledger().list({ filter, after, limit }, makeCall());
        expect(page.transfers.length).toBeLessThanOrEqual(limit);
        transfers.push(...page.transfers);
        after = page.next;
      } while (after !== undefined);
      return transfers;
    }

    it("finds a movement by its id, and by the request among the caller's own", async () => {
      const { id } = await insertUser(getStore());
      const { transfer } = await move({ toUserId: id, reason: 'For Ada\u2019s \u{1F389}', caller: 'ada' });
      const { requestId } = transfer;
      expect(transfer.reason).toBe('For Ada\u2019s \u{1F389}');
      expect(await ledger().get(transfer.id, makeCall())).toEqual(transfer);
      expect(await ledger().getByRequest({ caller: 'ada', requestId }, makeCall())).toEqual(transfer);
      expect(await ledger().getByRequest({ caller: 'eve', requestId }, makeCall())).toBeUndefined();
      expect(await ledger().get(randomUUID(), makeCall())).toBeUndefined();
    });

    it('knows nothing of a movement that was rolled back', async () => {
      const { id } = await insertUser(getStore());
      const transfer = makeTransfer({ toUserId: id });
      const undone = getStore().transaction(makeCall(), async (tx) => {
        await tx.points.move(transfer);
        throw new Error('undone');
      });
      await expect(undone).rejects.toThrow('undone');
      expect(await ledger().get(transfer.id, makeCall())).toBeUndefined();
      expect(await pointsOf(id)).toBe(0n);
    });

    it("lists a user's movements latest first, both ways or one, page by page", async () => {
      const [a, b] = [await insertRichUser(getStore(), 100n), await insertRichUser(getStore(), 100n)];
      const made: Transfer[] = [];
      for (let n = 1; n <= 7; n += 1) {
        const [fromUserId, toUserId] = n % 3 === 0 ? [b.id, a.id] : [a.id, b.id];
        made.push((await move({ fromUserId, toUserId, amount: BigInt(n) })).transfer);
      }
      const latestFirst = made.toReversed();
      for (const limit of [1, 2, 3, 1000]) {
        const both = await collect({ userId: a.id }, limit);
        expect(both.slice(0, -1)).toEqual(latestFirst);
        expect(both.at(-1)).toMatchObject({ fromUserId: systemAccountId, amount: 100n });
        const out = await collect({ userId: a.id, direction: 'out' }, limit);
        expect(out).toEqual(latestFirst.filter(({ fromUserId }) => fromUserId === a.id));
        const into = await collect({ userId: a.id, direction: 'in' }, limit);
        expect(into).toEqual(both.filter(({ toUserId }) => toUserId === a.id));
      }
      expect(await ledger().count({ userId: a.id }, makeCall())).toBe(8n);
      expect(await ledger().count({ userId: a.id, direction: 'in' }, makeCall())).toBe(3n);
    });

    it('bounds times to the microsecond, the first included and the second not', async () => {
      const { id } = await insertUser(getStore());
      const made = [];
      for (let n = 0; n < 4; n += 1) made.push((await move({ toUserId: id })).transfer);
      const [, second, , fourth] = made;
      const filter = { createdAfter: second?.createTime, createdBefore: fourth?.createTime };
      const within = made.slice(1, 3).toReversed();
      expect(await collect({ ...filter, userId: id }, 1)).toEqual(within);
      expect(await ledger().count({ ...filter, userId: id, direction: 'in' }, makeCall())).toBe(2n);
      const everyones = await collect(filter, 1000);
      expect(everyones.filter(({ toUserId }) => toUserId === id)).toEqual(within);
    });
  });
}
