import { randomUUID } from 'node:crypto';
import { makeCall } from '@tandem/rpc/testing';
import type { QueryResultRow } from 'pg';
import { afterAll, describe, expect, it } from 'vitest';
import { queryDatabase } from '../../../../test/support/query-database.ts';
import { useUsersDatabase } from '../../../../test/support/use-users-database.ts';
import type { OnDuplicate } from '../domain/import-plan.ts';
import { findMissingMigrations, requiredMigrations } from './check-database.ts';
import { readPageTokenKey } from './page-token-keys.ts';
import { PostgresPool } from './postgres-pool.ts';
import { createPostgresUserStore } from './postgres-user-store.ts';
import { describeUserStore } from './store-suite.ts';
import { insertUser, makeNewUser, makeRow } from './testing/store-calls.ts';

const url = await useUsersDatabase();
// One for each of the calls that race: under a shared load, those that wait for one would be refused.
const pool = new PostgresPool({ url, size: 4, overflow: 8 });
const store = createPostgresUserStore(pool);
afterAll(() => pool[Symbol.asyncDispose]());

const query = <Row extends QueryResultRow>(sql: string, values: unknown[] = []) => queryDatabase<Row>(url, sql, values);

describeUserStore('PostgreSQL', () => store);

describe('deleted users', () => {
  it('never come back under their id, by creation or import', async () => {
    const id = randomUUID();
    await query('INSERT INTO deleted_users (id) VALUES ($1)', [id]);
    await expectNeverGiven(id);
  });

  it.each(['error', 'skip', 'update'] as const)(
    'count the system account among them, under %s',
    async (onDuplicate) => {
      await expectNeverGiven('00000000-0000-7000-8000-000000000000', onDuplicate);
    },
  );

  async function expectNeverGiven(id: string, onDuplicate: OnDuplicate = 'update') {
    await expect(insertUser(store, { id })).rejects.toMatchObject({ reason: 'ID_TAKEN' });
    const { outcomes } = await store.transaction(makeCall(), (tx) =>
      tx.users.importRows([makeRow({ id }), makeRow()], onDuplicate),
    );
    expect(outcomes).toMatchObject([{ reason: 'ID_TAKEN' }, 'imported']);
    expect(await store.reader.get(id, makeCall())).toBeUndefined();
  }
});

describe('times', () => {
  it('are kept to the microsecond, in any year that a Timestamp has', async () => {
    for (const createTime of [-62_135_596_800_000_000n, 1_764_000_000_123_457n, 253_402_300_799_999_999n]) {
      const row = makeRow({ id: randomUUID(), createTime });
      await store.transaction(makeCall(), (tx) => tx.users.importRows([row], 'error'));
      expect((await store.reader.get(row.id ?? '', makeCall()))?.createTime).toBe(createTime);
    }
  });

  it('bound lists beyond the year 9999 too', async () => {
    const filter = { createdAfter: 0n, createdBefore: 253_402_300_800_000_000n };
    expect(await store.reader.count(filter, makeCall())).toBeGreaterThan(0n);
  });
});

describe('names', () => {
  it('are taken in however much folding makes of them', async () => {
    const letters = Array.from({ length: 200 }, (_, index) => (index % 2 === 0 ? '\ufdfa' : '\ufdfb')).join('');
    const user = await insertUser(store, { name: letters });
    const order = { field: 'name', descending: false } as const;
    const query = { filter: { namePrefix: letters }, order, after: undefined, limit: 10 };
    expect((await store.reader.list(query, makeCall())).users).toEqual([user]);
  });
});

describe('the database', () => {
  it('has exactly the migrations that the store asks for', async () => {
    const applied = await query<{ name: string }>('SELECT name FROM migrations ORDER BY name');
    expect(requiredMigrations).toEqual(applied.map(({ name }) => name));
    expect(await findMissingMigrations(pool)).toEqual([]);
  });

  it('gives every replica one key of page tokens', async () => {
    await query('DELETE FROM service_secrets');
    const keys = await Promise.all(Array.from({ length: 8 }, () => readPageTokenKey(pool)));
    expect(new Set(keys.map((key) => Buffer.from(key).toString('hex'))).size).toBe(1);
    expect(keys[0]).toHaveLength(32);
  });
});

describe('point reads', () => {
  it('keep to the index when the table grows after they were prepared', async () => {
    await using single = new PostgresPool({ url, size: 0, overflow: 1 });
    const { reader } = createPostgresUserStore(single);
    await query('ANALYZE users');
    for (let read = 0; read < 8; read += 1) {
      await reader.get(randomUUID(), makeCall());
      await reader.getByEmail('nobody@example.org', makeCall());
    }
    const values = `SELECT gen_random_uuid(), 'grown' || n || '@example.org', 'a', 'a' FROM generate_series(1, 20000) AS n`;
    await query(`INSERT INTO users (id, email, name, name_folded) ${values}`);
    for (const statement of [`users_by_ids('{${randomUUID()}}')`, `users_by_emails('{a}')`]) {
      const plan = await single.lease(makeCall(), (session) =>
        session.rows({ name: 'explain', sql: `EXPLAIN EXECUTE ${statement}`, prepared: false }, []),
      );
      expect(JSON.stringify(plan)).toMatch(/Index/);
      expect(JSON.stringify(plan)).not.toMatch(/Seq Scan/);
    }
  });
});

describe('an unmigrated database', () => {
  it('is known by what it lacks', async () => {
    const emptyUrl = await useEmptyDatabase();
    await using empty = new PostgresPool({ url: emptyUrl, size: 0, overflow: 1 });
    expect(await findMissingMigrations(empty)).toEqual(requiredMigrations);
  });

  async function useEmptyDatabase(): Promise<string> {
    const name = `tandem_empty_${randomUUID().replaceAll('-', '')}`;
    await query(`CREATE DATABASE ${name}`);
    const emptyUrl = new URL(url);
    emptyUrl.pathname = `/${name}`;
    afterAll(() => query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
    return emptyUrl.href;
  }
});

describe('a password', () => {
  it('is replaced by an UPDATE row that has one, and by no other', async () => {
    const user = makeNewUser({ passwordHash: 'first' });
    await store.transaction(makeCall(), (tx) => tx.users.insert(user));
    const row = makeRow({ id: user.id, email: user.email, name: user.name });
    const load = (passwordHash: string | undefined) =>
      store.transaction(makeCall(), (tx) => tx.users.importRows([{ ...row, passwordHash }], 'update'));
    const readHash = async () =>
      (await query('SELECT password_hash FROM users WHERE id = $1', [user.id]))[0]?.password_hash;
    await load(undefined);
    expect(await readHash()).toBe('first');
    await load('second');
    expect(await readHash()).toBe('second');
    expect((await store.reader.get(user.id, makeCall()))?.version).toBe(2n);
  });
});

describe('figures of points', () => {
  it('have the sum cut to 64 bits, the mean and the median', async () => {
    const read = (namePrefix: string) => store.reader.stats({ filter: { namePrefix }, bucket: 'day' }, makeCall());
    const setPoints = async (...points: bigint[]) => {
      const name = randomUUID();
      for (const amount of points) {
        const { id } = await insertUser(store, { name });
        await query('UPDATE users SET points = $2 WHERE id = $1', [id, String(amount)]);
      }
      return name;
    };
    expect(await read(await setPoints(1n, 2n, 10n))).toMatchObject({
      pointsSum: 13n,
      pointsMean: 13 / 3,
      pointsMedian: 2,
    });
    expect(await read(await setPoints(1n, 4n))).toMatchObject({ pointsSum: 5n, pointsMean: 2.5, pointsMedian: 2.5 });
    const max = 2n ** 63n - 1n;
    expect(await read(await setPoints(max))).toMatchObject({ pointsSum: max, pointsMean: Number(max) });
    expect(await read(await setPoints(max, max, 0n))).toMatchObject({ pointsSum: max, pointsMedian: Number(max) });
  });
});

describe('a deletion', () => {
  it('takes the sessions with it and leaves a trace of the id', async () => {
    const user = await insertUser(store);
    await query(
      `INSERT INTO sessions (id, user_id, token_hash, expire_time) VALUES ($1, $2, sha256($3), now() + interval '1 hour')`,
      [randomUUID(), user.id, user.id],
    );
    await store.transaction(makeCall(), async (tx) => {
      await tx.users.delete((await tx.users.lock(user.id)) ?? user);
      return {};
    });
    expect(await query('SELECT 1 FROM sessions WHERE user_id = $1', [user.id])).toEqual([]);
    expect(await query('SELECT 1 FROM deleted_users WHERE id = $1', [user.id])).toHaveLength(1);
  });
});
