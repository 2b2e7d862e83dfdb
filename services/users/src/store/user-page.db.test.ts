import type { Knex } from 'knex';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useUsersDatabase } from '../../../../test/support/use-users-database.ts';
import { userOrderFields } from '../domain/user.ts';
import type { UserPageQuery } from './store.ts';
import { flattenPlan, type PlanNode } from './testing/plans.ts';
import { usePool } from './testing/use-postgres.ts';
import { buildUserChunk, buildUserPage } from './user-page.ts';

const url = await useUsersDatabase();
const pool = usePool(url);
const client = new pg.Client({ connectionString: url });
const orders = userOrderFields.flatMap((field) => [
  { field, descending: false },
  { field, descending: true },
]);
const indexOf = {
  create_time: 'users_by_create_time',
  update_time: 'users_by_update_time',
  name: 'users_by_name_folded',
  email: 'users_email_unique',
  points: 'users_by_points',
};
const middle = {
  create_time: '2025-01-01 00:00:00.000500+00',
  update_time: '2025-01-01 00:00:00.000500+00',
  name: 'name 500',
  email: 'user500@example.org',
  points: '50',
};

beforeAll(async () => {
  await client.connect();
  await client.query(`
    INSERT INTO users (id, email, name, name_folded, is_active, points, create_time, update_time)
    SELECT gen_random_uuid(), 'user' || n || '@example.org', 'Name ' || n % 5000, 'name ' || n % 5000, n % 3 > 0, n % 100,
      timestamptz '2025-01-01' + n * interval '1 microsecond', timestamptz '2025-01-01' + n * interval '1 microsecond'
    FROM generate_series(1, 100000) AS n`);
  await client.query('ANALYZE users');
  await client.query('SET enable_seqscan = off'); // As the pool has it.
});
afterAll(() => client.end());

async function explain(query: Partial<UserPageQuery> & Pick<UserPageQuery, 'order'>): Promise<PlanNode[]> {
  const whole: UserPageQuery = { filter: {}, after: undefined, limit: 50, ...query };
  return await explainQuery(buildUserPage(pool.knex, whole));
}

async function explainQuery(query: Knex.QueryBuilder): Promise<PlanNode[]> {
  const { sql, bindings } = query.toSQL().toNative();
  const { rows } = await client.query(`EXPLAIN (FORMAT JSON) ${sql}`, [...bindings]);
  return flattenPlan(rows[0]['QUERY PLAN'][0].Plan);
}

const typesOf = (nodes: PlanNode[]) => nodes.map((node) => node['Node Type']);

describe('a page of 100,000 users', () => {
  it.each(orders)(
    'comes from the index of its order, unsorted, from the start and from the middle: %j',
    async (order) => {
      const after = { key: middle[order.field], id: '80000000-0000-7000-8000-000000000000' };
      for (const place of [undefined, after]) {
        const nodes = await explain({ order, after: place });
        expect(typesOf(nodes)).toEqual(['Limit', 'Index Scan']);
        expect(nodes[1]?.['Index Name']).toBe(indexOf[order.field]);
      }
    },
  );

  it('by name with a prefix reads that part of the index only', async () => {
    const nodes = await explain({ order: { field: 'name', descending: false }, filter: { namePrefix: 'NAME 12' } });
    expect(typesOf(nodes)).toEqual(['Limit', 'Index Scan']);
    expect(nodes[1]?.['Index Name']).toBe('users_by_name_folded');
  });

  it.each(orders)('by a filter on what is no key still comes from the index of its order: %j', async (order) => {
    const after = { key: middle[order.field], id: '80000000-0000-7000-8000-000000000000' };
    for (const place of [undefined, after]) {
      const nodes = await explain({ order, after: place, filter: { isActive: true } });
      expect(typesOf(nodes)).toEqual(['Limit', 'Index Scan']);
      expect(nodes[1]?.['Index Name']).toBe(indexOf[order.field]);
    }
  });

  it.each([true, false])(
    'by times of creation reads that part of the index only, descending: %s',
    async (descending) => {
      const filter = { createdAfter: 1_735_689_600_000_100n, createdBefore: 1_735_689_600_000_900n };
      const nodes = await explain({ order: { field: 'create_time', descending }, filter });
      expect(typesOf(nodes)).toEqual(['Limit', 'Index Scan']);
      expect(nodes[1]).toMatchObject({
        'Index Name': 'users_by_create_time',
        'Index Cond': expect.stringMatching(/create_time >= .*AND .create_time < /),
      });
    },
  );

  it.each(orders)(
    'by a filter that another index serves better still needs no scan of the table: %j',
    async (order) => {
      const nodes = await explain({ order, filter: { isActive: true, namePrefix: 'name 4999' } });
      expect(typesOf(nodes)).not.toContain('Seq Scan');
    },
  );

  it('for an export comes from the primary key, from the start and from the middle, whatever the filter', async () => {
    for (const filter of [{}, { isActive: false }]) {
      for (const afterId of [undefined, '80000000-0000-7000-8000-000000000000']) {
        const nodes = await explainQuery(buildUserChunk(pool.knex, { filter, afterId, limit: 500 }));
        expect(typesOf(nodes)).toEqual(['Limit', 'Index Scan']);
        expect(nodes[1]?.['Index Name']).toBe('users_pkey');
      }
    }
  });
});
