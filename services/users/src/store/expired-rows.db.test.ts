import { randomUUID } from 'node:crypto';
import { waitUntil } from '@tandem/dev-stack';
import { AnswerRecorded, type Claim } from '@tandem/rpc';
import { makeCall, makeClaim, reasonOf } from '@tandem/rpc/testing';
import { describe, expect, it } from 'vitest';
import { queryDatabase } from '../../../../test/support/query-database.ts';
import { useUsersDatabase } from '../../../../test/support/use-users-database.ts';
import { startUsers } from '../app.ts';
import { readUsersConfig } from '../config.ts';
import { type ExpiringRows, expiringRows, sweepExpired } from './expired-rows.ts';
import { createPostgresUserStore } from './postgres-user-store.ts';
import { insertUser } from './testing/store-calls.ts';
import { usePool } from './testing/use-postgres.ts';

const url = await useUsersDatabase();
const pool = usePool(url);
const store = createPostgresUserStore(pool);
const { records } = store;
const [idempotencyRecords, sessions] = expiringRows as [ExpiringRows, ExpiringRows];

const answer = (claim: Claim, reply: object) => store.transaction(makeCall({ claim }), async () => reply);
const expire = ({ requestId }: Claim) =>
  queryDatabase(url, 'UPDATE idempotency_records SET expire_time = now() WHERE request_id = $1', [requestId]);

/** A claim whose answer has expired, for a payload of its own. */
async function makeExpired(): Promise<Claim> {
  const claim = makeClaim({ payload: 'old' });
  await answer(claim, { old: true });
  await expire(claim);
  return makeClaim({ requestId: claim.requestId, payload: 'new' });
}

async function addExpired(count: number): Promise<void> {
  const sql = `INSERT INTO idempotency_records (request_id, caller, method, fingerprint, expire_time)
    SELECT gen_random_uuid(), 'c', 'm', '', now() - interval '1 second' FROM generate_series(1, $1)`;
  await queryDatabase(url, sql, [count]);
}

async function countExpired(): Promise<number | undefined> {
  const sql = 'SELECT count(*)::integer AS count FROM idempotency_records WHERE expire_time <= now()';
  return (await queryDatabase<{ count: number }>(url, sql))[0]?.count;
}

describe('an expired record', () => {
  it('is as good as none', async () => {
    const claim = await makeExpired();
    expect(await records.find(claim, makeCall())).toBeUndefined();
    expect(await answer(claim, { new: true })).toEqual({ new: true });
    const error = await answer(claim, {}).catch((thrown: unknown) => thrown);
    expect(error instanceof AnswerRecorded && Buffer.from(error.answer.bytes).toString()).toBe('{"new":true}');
  });

  it('gives way to a refusal', async () => {
    const claim = await makeExpired();
    await records.putRefusal(claim, Buffer.from('no'), makeCall());
    expect(await records.find(claim, makeCall())).toMatchObject({ kind: 'refusal' });
  });

  it('is replaced by one of many who come at once', async () => {
    const claim = await makeExpired();
    const results = await Promise.allSettled(Array.from({ length: 6 }, () => answer(claim, { id: randomUUID() })));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(AnswerRecorded);
    }
  });
});

describe('sweepExpired', () => {
  it('deletes all that has expired, over several statements, and nothing else', async () => {
    const kept = makeClaim();
    await answer(kept, {});
    await addExpired(2_500);
    await sweepExpired(pool, idempotencyRecords, new AbortController().signal);
    expect(await countExpired()).toBe(0);
    expect(await records.find(kept, makeCall())).toBeDefined();
  });

  it('keeps sessions for a day after they expired', async () => {
    const user = await insertUser(store);
    const insert = `INSERT INTO sessions (id, user_id, token_hash, expire_time)
      SELECT gen_random_uuid(), $1, sha256(hours::text::bytea), now() - hours * interval '1 hour'
      FROM unnest(array[-1, 0, 23, 25, 100]) AS hours`;
    await queryDatabase(url, insert, [user.id]);
    await sweepExpired(pool, sessions, new AbortController().signal);
    const filter = { userId: user.id, activeOnly: false };
    expect(await store.sessions.reader.count(filter, makeCall())).toBe(3n);
  });

  it('gives up with its signal', async () => {
    await addExpired(1);
    const stopped = AbortSignal.abort(new Error('stopped'));
    expect(await reasonOf(sweepExpired(pool, idempotencyRecords, stopped))).toBe(stopped.reason);
    expect(await countExpired()).toBe(1);
  });

  it('is done by a service that runs', async () => {
    await addExpired(1);
    const env = { USERS_DATABASE_URL: url, USERS_LISTEN: '127.0.0.1:0', USERS_EDGE_LISTEN: '127.0.0.1:0' };
    await using _service = await startUsers(readUsersConfig({ ...env, LOG_LEVEL: 'silent' }));
    await waitUntil(async () => (await countExpired()) === 0, { timeoutMs: 20_000 });
  });
});
