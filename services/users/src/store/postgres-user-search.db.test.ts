import { makeCall } from '@tandem/rpc/testing';
import type { Knex } from 'knex';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useUsersDatabase } from '../../../../test/support/use-users-database.ts';
import { readSearchWords } from '../domain/search-words.ts';
import type { UserFilter } from '../domain/user.ts';
import type { SearchPosition, UserHit } from '../domain/user-search.ts';
import { searchUsers } from './postgres-user-search.ts';
import type { ReadSource } from './replica-reads.ts';
import { flattenPlan, type PlanNode } from './testing/plans.ts';
import { usePool } from './testing/use-postgres.ts';

const url = await useUsersDatabase();
const pool = usePool(url);
const client = new pg.Client({ connectionString: url });

/** Everybody is of example.org, one in 13 is an Anna, one in 7 a -son, one in 10,000 has an age of their own. */
beforeAll(async () => {
  await client.connect();
  await client.query(`
    INSERT INTO users (id, email, name, name_folded, is_active)
    SELECT uuidv7(), 'user' || n || '@example.org', initcap(name), name, n % 1000 > 0
    FROM generate_series(1, 100000) AS n, LATERAL (SELECT
      (ARRAY['anna','aaron','john','jane','peter','paul','zoe','li','olga','ivan','kurt','emile','maria'])[n % 13 + 1]
      || ' ' || chr(97 + n % 26) || chr(97 + n / 26 % 26) || (ARRAY['son','berg','mann','ova','ez','ski','lund'])[n % 7 + 1]
      || CASE WHEN n % 10000 = 77 THEN ' age' || n ELSE '' END AS name) AS made`);
  await client.query('VACUUM ANALYZE users');
});
afterAll(() => client.end());

/** The pool, with the plan of every statement that was run over it. */
function watchPlans() {
  const plans: { name: string; nodes: PlanNode[] }[] = [];
  const source: ReadSource = {
    lease: (bounds, work) =>
      pool.lease(bounds, (lease) => {
        const run = async (name: string, query: Knex.QueryBuilder) => {
          const { sql, bindings } = query.toSQL().toNative();
          const explained = await client.query(`EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`, [...bindings]);
          plans.push({ name, nodes: flattenPlan(explained.rows[0]['QUERY PLAN'][0].Plan) });
          return await lease.run(name, query);
        };
        return work(Object.assign(Object.create(lease), { run }));
      }),
  };
  return { source, plans };
}

async function searchOnce(text: string, { filter = {}, limit = 50 }: { filter?: UserFilter; limit?: number } = {}) {
  await client.query('SET enable_seqscan = off'); // As the pool has it.
  const { source, plans } = watchPlans();
  const query = { words: readSearchWords(text), filter, after: undefined, limit };
  const page = await searchUsers(source, query, makeCall());
  return { ...page, plans, nodes: plans.flatMap(({ nodes }) => nodes) };
}

async function collect(text: string, { limit = 1000, pages = 1000 }: { limit?: number; pages?: number } = {}) {
  const hits: UserHit[] = [];
  let after: SearchPosition | undefined;
  for (let page = 0; page < pages; page += 1) {
    const found = await searchUsers(pool, { words: readSearchWords(text), filter: {}, after, limit }, makeCall());
    hits.push(...found.hits);
    after = found.next;
    if (after === undefined) break;
  }
  return hits;
}

const rowsOf = ({ 'Actual Rows': rows, 'Actual Loops': loops }: PlanNode) => rows * loops;
const removedBy = (node: PlanNode) => node['Rows Removed by Filter'] ?? 0;

describe('a search among 100,000 users', () => {
  it.each(['anna aason', 'age10077', 'age', 'user777', 'peter user123', 'li age'])(
    'for %j is told by the index of words, without a scan of the table',
    async (text) => {
      const { hits, plans, nodes } = await searchOnce(text);
      expect(hits.length).toBeGreaterThan(0);
      expect(plans.map(({ name }) => name)).toEqual(['users_search_sample', 'users_search']);
      expect(nodes.map((node) => node['Index Name'])).toContain('users_by_search_words');
      expect(nodes.map((node) => node['Node Type'])).not.toContain('Seq Scan');
    },
  );

  it.each(['u', 'example org', 'a', 'anna', 'e o u'])(
    'for %j, which many match, reads little more than a page',
    async (text) => {
      const { hits, next, nodes, plans } = await searchOnce(text);
      expect([hits.length, next?.broad]).toEqual([50, true]);
      expect(nodes.map((node) => node['Node Type'])).not.toContain('Seq Scan');
      const searched = plans.filter(({ name }) => name !== 'users_search_sample').flatMap((plan) => plan.nodes);
      expect(Math.max(...searched.map((node) => rowsOf(node) + removedBy(node)))).toBeLessThan(5_000);
    },
  );

  it('ranks what a broad query finds by kind, then by id', async () => {
    const hits = await collect('li');
    const kinds = hits.map(({ rank }) => rank);
    expect(kinds).toEqual(kinds.toSorted((a, b) => b - a));
    expect(hits.filter(({ rank }) => rank === 4000).every(({ user }) => user.name.startsWith('Li '))).toBe(true);
    expect(hits.filter(({ rank }) => rank === 2000).length).toBeGreaterThan(100);
  });

  it.each(['li', 'anna user'])('gives everyone that matches %j once, page by page', async (text) => {
    const patterns = readSearchWords(text).map((word) => `% _${word}%`);
    const { rows } = await client.query('SELECT id FROM users WHERE search_text LIKE ALL ($1)', [patterns]);
    const ids = (await collect(text)).map(({ user }) => user.id);
    expect(ids.length).toBeGreaterThan(5_000);
    expect(ids.toSorted()).toEqual(rows.map(({ id }) => id).sort());
  });

  it('ranks by place what is not many, and knows few from many by the filter too', async () => {
    const { hits, next } = await searchOnce('anna', { filter: { isActive: false } });
    expect([hits.length, next]).toEqual([7, undefined]);
    expect(hits.every(({ rank }) => rank > 4000)).toBe(true);
  });
});
