import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { startTcpProxy, waitUntil } from '@tandem/dev-stack';
import { AnswerRecorded } from '@tandem/rpc';
import { makeCall, makeClaim } from '@tandem/rpc/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { queryDatabase } from '../../../../test/support/query-database.ts';
import { useUsersDatabase } from '../../../../test/support/use-users-database.ts';
import type { Session } from './postgres-lease.ts';
import { PostgresPool } from './postgres-pool.ts';
import { runTransaction } from './postgres-transaction.ts';
import { createPostgresUserStore } from './postgres-user-store.ts';
import { createPostgresUserWriter } from './postgres-user-writer.ts';
import { insertUser, makeNewUser } from './testing/store-calls.ts';
import { throughPort, usePool } from './testing/use-postgres.ts';

const url = await useUsersDatabase();
const pool = usePool(url, { size: 4, overflow: 4 });
const store = createPostgresUserStore(pool);

const rename = (session: Session, id: string) =>
  session.rows({ name: 'rename', sql: 'UPDATE users SET version = version + 1 WHERE id = ?' }, [id]);
const readVersion = async (id: string) => (await store.reader.get(id, makeCall()))?.version;

/** Its connections, two and idle, refuse writes; new ones do not. */
async function useReadOnlyPool(): Promise<PostgresPool> {
  const own = new PostgresPool({ url, size: 2, overflow: 0 });
  const toReadOnly = { name: 'read_only', sql: 'SET default_transaction_read_only = on' };
  const { promise: bothLent, resolve: nowBothLent } = Promise.withResolvers<void>();
  let lent = 0;
  const turn = () =>
    own.lease(makeCall(), async (session) => {
      lent += 1;
      if (lent === 2) nowBothLent();
      await bothLent;
      await session.rows(toReadOnly, []);
    });
  await Promise.all([turn(), turn()]);
  return own;
}

describe('a transaction', () => {
  it('is run again as a whole after a deadlock', async () => {
    const [a, b] = await Promise.all([insertUser(store), insertUser(store)]);
    let runs = 0;
    const { promise: bothHold, resolve: nowBothHold } = Promise.withResolvers<void>();
    const change = (first: string, second: string) =>
      runTransaction(pool, makeCall(), async (session) => {
        await rename(session, first);
        runs += 1;
        if (runs === 2) nowBothHold();
        await bothHold;
        await rename(session, second);
      });
    await Promise.all([change(a.id, b.id), change(b.id, a.id)]);
    expect(runs).toBe(3);
    expect([await readVersion(a.id), await readVersion(b.id)]).toEqual([3n, 3n]);
  });

  it('is run again as a whole after a serialization failure', async () => {
    const { id } = await insertUser(store);
    let runs = 0;
    await runTransaction(pool, makeCall(), async (session) => {
      runs += 1;
      await session.rows({ name: 'isolate', sql: 'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ' }, []);
      await session.rows({ name: 'snapshot', sql: 'SELECT version FROM users WHERE id = ?' }, [id]);
      if (runs === 1) await queryDatabase(url, 'UPDATE users SET version = version + 1 WHERE id = $1', [id]);
      await rename(session, id);
    });
    expect(runs).toBe(2);
    expect(await readVersion(id)).toBe(3n);
  });

  it('gives up after a bounded number of runs', async () => {
    let runs = 0;
    const fail = { name: 'fail', sql: `DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '40001'; END $$` };
    const work = runTransaction(pool, makeCall(), async (session) => {
      runs += 1;
      await session.rows(fail, []);
    });
    await expect(work).rejects.toMatchObject({ reason: 'OVERLOADED' });
    expect(runs).toBe(6);
  });

  it('goes, once, to a fresh connection when the server of all has turned read-only', async () => {
    await using own = await useReadOnlyPool();
    const user = makeNewUser();
    let runs = 0;
    await createPostgresUserStore(own).transaction(makeCall(), (tx) => {
      runs += 1;
      return tx.users.insert(user);
    });
    expect(runs).toBe(2);
    expect(await readVersion(user.id)).toBe(1n);
  });

  it('says STORE_UNAVAILABLE when the next server takes no writes either', async () => {
    const { id } = await insertUser(store);
    let runs = 0;
    const work = runTransaction(pool, makeCall(), async (session) => {
      runs += 1;
      await session.rows({ name: 'to_read_only', sql: 'SET TRANSACTION READ ONLY' }, []);
      await rename(session, id);
    });
    await expect(work).rejects.toMatchObject({ reason: 'STORE_UNAVAILABLE' });
    expect(runs).toBe(2);
  });

  it('never commits after a failed statement that somebody caught', async () => {
    const user = await insertUser(store);
    const other = makeNewUser();
    const work = store.transaction(makeCall(), async (tx) => {
      await tx.users.insert({ ...other, email: user.email }).catch(() => {});
      return {};
    });
    await expect(work).rejects.toThrow(/cannot commit/);
  });

  it('does not commit when its last statement fails, whose answer it does not wait for', async () => {
    const user = makeNewUser();
    const work = runTransaction(pool, makeCall(), async (session) => {
      await createPostgresUserWriter(session).insert(user);
      session.sendLast({ name: 'fail_last', sql: 'SELECT 1 / 0' }, []);
    });
    await expect(work).rejects.toMatchObject({ code: '22012' });
    expect(await readVersion(user.id)).toBeUndefined();
  });

  it('does not commit an effect without its answer, which a call that is over stores no more', async () => {
    const controller = new AbortController();
    const user = makeNewUser();
    const call = makeCall({ claim: makeClaim(), signal: controller.signal });
    const work = store.transaction(call, async (tx) => {
      await tx.users.insert(user);
      controller.abort(new Error('went away'));
      return {};
    });
    await expect(work).rejects.toThrow('went away');
    expect(await readVersion(user.id)).toBeUndefined();
  });

  it('leaves nothing of a duplicate, which has begun its work when it learns that it is one', async () => {
    const claim = makeClaim();
    const [first, second] = [makeNewUser(), makeNewUser()];
    await store.transaction(makeCall({ claim }), async () => ({}));
    const { promise: workOver, resolve: nowOver } = Promise.withResolvers<void>();
    const duplicate = store.transaction(makeCall({ claim }), async (tx) => {
      await tx.users.insert(first);
      await tx.users.insert(second).finally(nowOver);
      return {};
    });
    await expect(duplicate).rejects.toThrow(AnswerRecorded);
    await workOver;
    expect([await readVersion(first.id), await readVersion(second.id)]).toEqual([undefined, undefined]);
  });

  it('waits for a duplicate that is not over, and then says that it is in progress', async () => {
    const claim = makeClaim();
    const { promise: claimed, resolve: nowClaimed } = Promise.withResolvers<void>();
    let isOver = false;
    const first = store.transaction(makeCall({ claim }), async (tx) => {
      // Kept busy: a transaction at rest would be ended by the server.
      while (!isOver) {
        await tx.users.lock(randomUUID());
        nowClaimed();
        await wait(100);
      }
      return {};
    });
    await claimed;
    const second = store.transaction(makeCall({ claim }), async () => ({}));
    await expect(second).rejects.toMatchObject({ reason: 'REQUEST_IN_PROGRESS' });
    isOver = true;
    await first;
  });

  it('ends with its call and leaves nothing', async () => {
    const controller = new AbortController();
    const user = makeNewUser();
    const work = store.transaction({ ...makeCall(), signal: controller.signal }, async (tx) => {
      await tx.users.insert(user);
      controller.abort(new Error('went away'));
      return await tx.users.insert(makeNewUser());
    });
    await expect(work).rejects.toThrow('went away');
    expect(await readVersion(user.id)).toBeUndefined();
  });
});

describe('a refusal that is kept outside a transaction', () => {
  it('is STORE_UNAVAILABLE on a server that has turned read-only, and kept at the next attempt', async () => {
    await using own = await useReadOnlyPool();
    const { records } = createPostgresUserStore(own);
    const claim = makeClaim();
    const refusal = Buffer.from('refusal');
    const keep = () => records.putRefusal(claim, refusal, makeCall());
    await expect(keep()).rejects.toMatchObject({ reason: 'STORE_UNAVAILABLE' });
    expect(await keep()).toEqual({ kind: 'refusal', bytes: refusal });
  });
});

describe('a COMMIT whose answer is lost', () => {
  const useProxy = async () => {
    const proxy = await startTcpProxy({ targetPort: Number(new URL(url).port) });
    afterAll(() => proxy[Symbol.asyncDispose]());
    return proxy;
  };
  const exists = async (id: string) =>
    (await queryDatabase(url, 'SELECT 1 FROM users WHERE id = $1', [id])).length === 1;

  /** Either COMMIT comes through and its answer does not, or COMMIT is still on its way when the connection breaks. */
  async function loseAnswer(options: { when: 'committed' | 'sent'; claimed?: boolean; thenRefuse?: boolean }) {
    const proxy = await useProxy();
    await using slow = new PostgresPool({ url: throughPort(url, proxy.port), size: 0, overflow: 2 });
    const user = makeNewUser();
    const call = makeCall({ claim: options.claimed ? makeClaim() : undefined, deadline: Date.now() + 6_000 });
    let insideOver = () => {};
    const inside = new Promise<void>((resolve) => {
      insideOver = resolve;
    });
    const work = createPostgresUserStore(slow).transaction(call, async (tx) => {
      const inserted = await tx.users.insert(user);
      if (options.when === 'committed') proxy.loseReplies();
      else proxy.setLatency(400);
      insideOver();
      return { id: inserted.id };
    });
    const outcome = work.then(
      () => 'OK',
      (error: { reason?: string }) => error.reason,
    );
    await inside;
    if (options.when === 'committed') await waitUntil(() => exists(user.id), { timeoutMs: 5_000 });
    proxy.cut();
    if (options.thenRefuse) proxy.refuse();
    else proxy.resume();
    proxy.setLatency(0);
    return { outcome: await outcome, exists: await exists(user.id) };
  }

  it.each([true, false])('is OK when the server says that it committed; with a request_id: %s', async (claimed) => {
    expect(await loseAnswer({ when: 'committed', claimed })).toEqual({ outcome: 'OK', exists: true });
  });

  it('is a definite failure when the server says that it did not', async () => {
    expect(await loseAnswer({ when: 'sent' })).toEqual({ outcome: 'STORE_UNAVAILABLE', exists: false });
  });

  it('is OUTCOME_UNKNOWN when nobody can be asked before the deadline', async () => {
    const result = await loseAnswer({ when: 'committed', thenRefuse: true });
    expect(result).toEqual({ outcome: 'OUTCOME_UNKNOWN', exists: true });
  });
});
