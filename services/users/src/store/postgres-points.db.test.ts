import { randomInt, randomUUID } from 'node:crypto';
import { TandemError } from '@tandem/rpc';
import { makeCall, makeClaim, reasonOf } from '@tandem/rpc/testing';
import { describe, expect, it } from 'vitest';
import { queryDatabase } from '../../../../test/support/query-database.ts';
import { useUsersDatabase } from '../../../../test/support/use-users-database.ts';
import { createPostgresUserStore } from './postgres-user-store.ts';
import { insertRichUser, makeTransfer, movePoints } from './testing/store-calls.ts';
import { usePool } from './testing/use-postgres.ts';

const url = await useUsersDatabase();
const store = createPostgresUserStore(usePool(url, { size: 12, overflow: 4 }));

describe('many transfers between few users, both ways', () => {
  it('never deadlock, lose nothing and make nothing', async () => {
    const users = await Promise.all(Array.from({ length: 5 }, () => insertRichUser(store, 1_000n)));
    const pick = () => users[randomInt(users.length)]?.id ?? '';
    const moveSome = async () => {
      for (let n = 0; n < 60; n += 1) {
        const [fromUserId, toUserId] = [pick(), pick()];
        if (fromUserId !== toUserId)
          await movePoints(store, { fromUserId, toUserId, amount: BigInt(randomInt(1, 20)) });
      }
    };
    await Promise.all(Array.from({ length: 16 }, moveSome));
    const ids = users.map(({ id }) => id);
    const [bank] = await queryDatabase<{ sum: string; least: string }>(
      url,
      'SELECT sum(points)::text AS sum, min(points)::text AS least FROM users WHERE id = ANY($1)',
      [ids],
    );
    expect(bank?.sum).toBe('5000');
    const sums = await queryDatabase<{ id: string; agrees: boolean }>(url, balancesSql, [ids]);
    expect(sums.every(({ agrees }) => agrees)).toBe(true);
    const [deadlocks] = await queryDatabase<{ deadlocks: string }>(
      url,
      'SELECT deadlocks::text FROM pg_stat_database WHERE datname = current_database()',
    );
    expect(deadlocks?.deadlocks).toBe('0');
  });

  /** Each balance against the ledger's sum of the same account. */
  const balancesSql = `
    SELECT id::text, points = (SELECT coalesce(sum(CASE to_user_id WHEN users.id THEN amount ELSE -amount END), 0)
      FROM points_transfers WHERE from_user_id = users.id OR to_user_id = users.id) AS agrees
    FROM users WHERE id = ANY($1)`;
});

describe('the ledger', () => {
  it.each(['UPDATE points_transfers SET amount = 2', 'DELETE FROM points_transfers', 'TRUNCATE points_transfers'])(
    'refuses %s',
    async (sql) => {
      await expect(queryDatabase(url, sql)).rejects.toMatchObject({ code: '55000' });
    },
  );

  it('survives its users', async () => {
    const { id } = await insertRichUser(store, 7n);
    await queryDatabase(url, 'DELETE FROM users WHERE id = $1', [id]);
    const { transfers } = await store.points.reader.list(
      { filter: { userId: id }, after: undefined, limit: 10 },
      makeCall(),
    );
    expect(transfers).toMatchObject([{ toUserId: id, amount: 7n }]);
  });

  it('tells a movement to a user who is deleted meanwhile as one to nobody', async () => {
    const [a, b] = [await insertRichUser(store, 100n), await insertRichUser(store, 7n)];
    const deleted = queryDatabase(url, 'DELETE FROM users WHERE id = $1', [b.id]);
    const moves = Array.from({ length: 8 }, () => reasonOf(movePoints(store, { fromUserId: a.id, toUserId: b.id })));
    await deleted;
    for (const reason of await Promise.all(moves)) expect([undefined, 'USER_NOT_FOUND']).toContain(reason);
    expect(await reasonOf(movePoints(store, { fromUserId: a.id, toUserId: b.id }))).toBe('USER_NOT_FOUND');
    const out = await store.points.reader.count({ userId: a.id, direction: 'out' }, makeCall());
    expect((await store.reader.get(a.id, makeCall()))?.points).toBe(100n - out);
  });
});

describe('a request id whose record has expired', () => {
  it('is refused when it made a movement, and free when it was refused', async () => {
    const { id } = await insertRichUser(store, 5n);
    const claim = makeClaim();
    const { requestId } = claim;
    const transact = (amount: bigint) =>
      store.transaction(makeCall({ claim }), async (tx) => {
        await tx.points.move(makeTransfer({ fromUserId: id, amount, requestId }));
        return {};
      });
    expect(await reasonOf(transact(6n))).toBe('INSUFFICIENT_POINTS');
    await store.records.putRefusal(claim, Buffer.from('poor'), makeCall());
    await expire(requestId);
    expect(await reasonOf(transact(5n))).toBeUndefined();
    await expire(requestId);
    expect(await reasonOf(transact(5n))).toBe('REQUEST_ID_REUSED');
    expect((await store.reader.get(id, makeCall()))?.points).toBe(0n);
  });

  const expire = (requestId: string) =>
    queryDatabase(url, `UPDATE idempotency_records SET expire_time = now() WHERE request_id = $1`, [requestId]);
});

describe('a movement without its users', () => {
  it('is told by a message that names no id', async () => {
    const error = await movePoints(store, { fromUserId: randomUUID() }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TandemError);
    expect((error as TandemError).message).not.toMatch(/[0-9a-f]{8}-/);
  });
});
