import { startTcpProxy } from '@tandem/dev-stack';
import { AnswerRecorded, type Claim } from '@tandem/rpc';
import { makeCall, makeClaim, reasonOf } from '@tandem/rpc/testing';
import pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { queryDatabase } from '../../../../test/support/query-database.ts';
import { useUsersDatabase } from '../../../../test/support/use-users-database.ts';
import type { NewTransfer } from '../domain/points.ts';
import type { NewUser } from '../domain/user.ts';
import { PostgresPool } from './postgres-pool.ts';
import { createPostgresUserStore } from './postgres-user-store.ts';
import type { OneInsertion, UserStore } from './store.ts';
import { insertRichUser, insertUser, makeNewUser, makeTransfer } from './testing/store-calls.ts';
import { throughPort, usePool } from './testing/use-postgres.ts';

const url = await useUsersDatabase();
const store = createPostgresUserStore(usePool(url, { size: 4, overflow: 12 }));

interface Creation {
  readonly user?: NewUser;
  readonly claim?: Claim | undefined;
  readonly on?: UserStore;
  readonly deadline?: number;
  /** What else the work does, once it has inserted the user. */
  readonly afterwards?: (tx: OneInsertion) => Promise<unknown>;
}

const makeUser = (fields: Partial<NewUser> = {}) => makeNewUser({ idIsChosen: false, ...fields });

async function create({ user = makeUser(), claim = makeClaim(), on = store, deadline, afterwards }: Creation = {}) {
  const call = makeCall({ claim, ...(deadline === undefined ? {} : { deadline }) });
  return await on.insertOne(call, async (tx) => {
    const { id } = await tx.users.insert(user);
    await afterwards?.(tx);
    return { id };
  });
}

const exists = async (id: string) => (await store.reader.get(id, makeCall())) !== undefined;

/** In how many transactions they were written. */
async function countTransactions(created: readonly { id: string }[]): Promise<number> {
  const sql = 'SELECT count(DISTINCT xmin::text)::int AS count FROM users WHERE id = ANY($1)';
  const [row] = await queryDatabase<{ count: number }>(url, sql, [created.map(({ id }) => id)]);
  return row?.count ?? 0;
}

describe('writes of one tick', () => {
  it('share a transaction, and each is answered', async () => {
    const claims = Array.from({ length: 5 }, () => makeClaim());
    const created = await Promise.all(claims.map((claim) => create({ claim })));
    expect(new Set(created.map(({ id }) => id)).size).toBe(5);
    expect(await countTransactions(created)).toBe(1);
    const answers = await Promise.all(claims.map((claim) => store.records.find(claim, makeCall())));
    expect(answers.map((answer) => Buffer.from(answer?.bytes ?? []).toString())).toEqual(
      created.map((one) => JSON.stringify(one)),
    );
  });

  it('share one without a request_id too', async () => {
    const user = () => makeUser();
    const write = (one: NewUser) => store.insertOne(makeCall(), (tx) => tx.users.insert(one));
    const created = await Promise.all([user(), user(), user()].map(write));
    expect(await countTransactions(created)).toBe(1);
  });

  it('leave a call that is answered later without an answer', async () => {
    const claim = makeClaim();
    const neighbours = [create(), create()];
    const call = { ...makeCall({ claim }), answeredLater: true };
    await store.insertOne(call, async (tx) => ({ id: (await tx.users.insert(makeUser())).id }));
    expect(await reasonOf(store.records.find(claim, makeCall()))).toBe('REQUEST_IN_PROGRESS');
    await Promise.all(neighbours);
  });

  it('have one effect and one answer under one request_id', async () => {
    const claim = makeClaim();
    const neighbours = [create(), create()];
    const [first, second] = await Promise.allSettled([create({ claim }), create({ claim })]);
    expect(first).toMatchObject({ status: 'fulfilled' });
    expect(second).toMatchObject({ status: 'rejected', reason: expect.any(AnswerRecorded) });
    expect(await countTransactions(await Promise.all(neighbours))).toBe(1);
    const [{ count } = { count: 0 }] = await queryDatabase<{ count: number }>(
      url,
      'SELECT count(*)::int AS count FROM users WHERE xmin = (SELECT xmin FROM users WHERE id = $1)',
      [first.status === 'fulfilled' ? first.value.id : ''],
    );
    expect(count).toBe(3);
  });

  it('refuse another payload under one request_id, and nobody else', async () => {
    const claim = makeClaim();
    const other = makeClaim({ requestId: claim.requestId, payload: 'other' });
    const [neighbour, first, second] = [create(), create({ claim }), reasonOf(create({ claim: other }))];
    expect(await second).toBe('REQUEST_ID_REUSED');
    expect(await countTransactions(await Promise.all([neighbour, first]))).toBe(1);
  });

  it('give an e-mail to the first who asks, and refuse it to the next alone', async () => {
    const [first, second] = [makeUser(), makeUser()];
    const claim = makeClaim();
    const neighbours = [create(), create({ user: first }), create()];
    const email = first.email.toUpperCase();
    expect(await reasonOf(create({ user: { ...second, email }, claim }))).toBe('EMAIL_TAKEN');
    expect(await countTransactions(await Promise.all(neighbours))).toBe(1);
    expect(await exists(second.id)).toBe(false);
    expect(await store.records.find(claim, makeCall())).toBeUndefined();
  });

  it('refuse a deleted id that a caller chose to that caller alone', async () => {
    const user = await insertUser(store);
    await store.transaction(makeCall(), (tx) => tx.users.delete(user));
    const neighbours = [create(), create()];
    expect(await reasonOf(create({ user: makeNewUser({ id: user.id }) }))).toBe('ID_TAKEN');
    expect(await countTransactions(await Promise.all(neighbours))).toBe(1);
  });

  it('give an id that callers chose to the first who asks', async () => {
    const user = makeNewUser();
    const neighbours = [create(), create({ user })];
    const next = { ...makeNewUser(), id: user.id };
    expect(await reasonOf(create({ user: next }))).toBe('ID_TAKEN');
    const created = await Promise.all(neighbours);
    expect(await countTransactions(created)).toBe(1);
    expect((await store.reader.get(user.id, makeCall()))?.email).toBe(user.email);
  });

  it('do not wait together for an e-mail that another transaction holds', async () => {
    const other = await useOther();
    const user = makeUser();
    await other.query(`INSERT INTO users (id, email, name, name_folded) VALUES ($1, $2, 'other', 'other')`, [
      makeUser().id,
      user.email,
    ]);
    const neighbours = [create(), create()];
    const held = reasonOf(create({ user }));
    await Promise.all(neighbours);
    await other.query('COMMIT');
    // It gives up after 2 s, which a slow machine may take.
    expect(['EMAIL_TAKEN', 'REQUEST_IN_PROGRESS']).toContain(await held);
  });
});

describe('movements of points of one tick', () => {
  const move = (fields: Partial<NewTransfer>) => {
    const transfer = makeTransfer(fields);
    const claim = makeClaim({ requestId: transfer.requestId });
    return store.moveOnce(makeCall({ claim }), async (tx) => {
      const { fromPoints, toPoints } = await tx.points.move(transfer);
      return { id: transfer.id, points: [fromPoints, toPoints].map(String) };
    });
  };
  const pointsOf = async (id: string) => (await store.reader.get(id, makeCall()))?.points;

  it('share a transaction, each on top of the one before, and one that is refused is so alone', async () => {
    const [a, b, poor] = [await insertRichUser(store, 10n), await insertRichUser(store, 10n), await insertUser(store)];
    const moves = [
      move({ fromUserId: a.id, toUserId: b.id, amount: 4n }),
      move({ fromUserId: b.id, toUserId: a.id, amount: 3n }),
      move({ toUserId: poor.id, amount: 1n }),
    ];
    const refused = reasonOf(move({ fromUserId: a.id, toUserId: b.id, amount: 100n }));
    const moved = await Promise.all(moves);
    expect(moved.map(({ points }) => points)).toEqual([
      ['6', '14'],
      ['11', '9'],
      ['undefined', '1'],
    ]);
    expect(await refused).toBe('INSUFFICIENT_POINTS');
    expect([await pointsOf(a.id), await pointsOf(b.id), await pointsOf(poor.id)]).toEqual([9n, 11n, 1n]);
    const sql = 'SELECT count(DISTINCT xmin::text)::int AS count FROM points_transfers WHERE id = ANY($1)';
    expect(await queryDatabase(url, sql, [moved.map(({ id }) => id)])).toEqual([{ count: 1 }]);
  });

  it('do not wait together for a user whom another transaction holds', async () => {
    const [held, other] = [await insertRichUser(store, 10n), await insertRichUser(store, 10n)];
    const holder = await useOther();
    await holder.query('SELECT 1 FROM users WHERE id = $1 FOR UPDATE', [held.id]);
    const neighbours = [move({ fromUserId: other.id }), move({ fromUserId: other.id })];
    const waiting = move({ fromUserId: held.id });
    await Promise.all(neighbours);
    await holder.query('COMMIT');
    await waiting.catch((error) => expect(error).toMatchObject({ reason: 'REQUEST_IN_PROGRESS' }));
    expect(await pointsOf(other.id)).toBe(8n);
  });
});

/** Another transaction that is open. */
async function useOther(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  onTestFinished(() => client.end());
  await client.query('BEGIN');
  return client;
}

describe('a write that fails', () => {
  it('leaves nothing, and its neighbours are done', async () => {
    const user = makeUser();
    const claim = makeClaim();
    const fail = () => Promise.reject(new Error('no'));
    const failing = create({ user, claim, afterwards: fail });
    const neighbours = [create(), create()];
    await expect(failing).rejects.toThrow('no');
    for (const { id } of await Promise.all(neighbours)) expect(await exists(id)).toBe(true);
    expect(await exists(user.id)).toBe(false);
    expect(await store.records.find(claim, makeCall())).toBeUndefined();
  });

  it('is waited for by what is still under way, of which nothing may come after the end of both', async () => {
    let runs = 0;
    const user = makeUser();
    const slow = store.insertOne(makeCall(), async (tx) => {
      runs += 1;
      await queryDatabase(url, 'SELECT 1');
      return await tx.users.insert(user);
    });
    const failing = store.insertOne(makeCall(), () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(await slow).toMatchObject({ id: user.id });
    expect(runs).toBe(2);
  });

  it('writes more than one thing alone, where all of it is taken back', async () => {
    const [first, second] = [makeUser(), makeUser()];
    const taken = await insertUser(store);
    const neighbour = create();
    const greedy = create({ user: first, afterwards: (tx) => tx.users.insert({ ...second, email: taken.email }) });
    expect(await reasonOf(greedy)).toBe('EMAIL_TAKEN');
    expect(await exists((await neighbour).id)).toBe(true);
    expect(await exists(first.id)).toBe(false);
  });
});

describe('a shared transaction whose connection is lost', () => {
  it('is made up for by each write alone, once', async () => {
    let losses = 0;
    const sql = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'tandem-users' AND state = 'idle in transaction'`;
    const lose = async () => {
      losses += 1;
      if (losses === 1) await queryDatabase(url, sql);
    };
    const created = await Promise.all([create(), create({ afterwards: lose }), create()]);
    expect(losses).toBe(2);
    expect(await countTransactions(created)).toBe(3);
  });

  it('is OUTCOME_UNKNOWN to those who wrote where it lost the answer to COMMIT, and nothing to the others', async () => {
    const proxy = await startTcpProxy({ targetPort: Number(new URL(url).port) });
    onTestFinished(() => proxy[Symbol.asyncDispose]());
    await using slow = new PostgresPool({ url: throughPort(url, proxy.port), size: 0, overflow: 2 });
    const on = createPostgresUserStore(slow);
    const [recorded, taken] = [makeClaim(), await insertUser(store)];
    await create({ claim: recorded });
    const [users, bounds] = [[makeUser(), makeUser()], { deadline: Date.now() + 60_000 }];
    const afterwards = async () => proxy.loseReplies();
    const outcomes = users.map((user) => reasonOf(create({ user, on, afterwards, ...bounds })));
    // Without a request_id: to withdraw the claim would take another answer.
    const refused = reasonOf(on.insertOne(makeCall(bounds), (tx) => tx.users.insert(makeUser({ email: taken.email }))));
    const repeated = create({ claim: recorded, on, ...bounds }).catch((error) => error);
    await expect.poll(() => exists(users[1]!.id)).toBe(true);
    // Nobody can be asked until those who wrote have been told.
    proxy.refuse();
    expect(await Promise.all(outcomes)).toEqual(['OUTCOME_UNKNOWN', 'OUTCOME_UNKNOWN']);
    proxy.resume();
    expect(await refused).toBe('EMAIL_TAKEN');
    expect(await repeated).toBeInstanceOf(AnswerRecorded);
    expect(await countTransactions(users)).toBe(1);
  });
});
