import { makeCall } from '@tandem/rpc/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useUsersDatabase } from '../../../../test/support/use-users-database.ts';
import type { TransferFilter } from '../domain/points.ts';
import { createPostgresPointsReader } from './postgres-points-reader.ts';
import type { TransferPageQuery } from './store.ts';
import { usePool } from './testing/use-postgres.ts';
import { buildTransferCount, buildTransferPage } from './transfer-page.ts';

const url = await useUsersDatabase();
const pool = usePool(url);
const client = new pg.Client({ connectionString: url });
const userId = '00000000-0000-4000-8000-000000000007';

/** 120,000 movements among 500 users; three share each instant, and the instants are a microsecond apart. */
beforeAll(async () => {
  await client.connect();
  await client.query(
    `INSERT INTO points_transfers (id, from_user_id, to_user_id, amount, reason, caller, request_id, create_time)
     SELECT gen_random_uuid(), ('00000000-0000-4000-8000-' || lpad((n % 500)::text, 12, '0'))::uuid,
       ('00000000-0000-4000-8000-' || lpad(((n + 1 + n % 7) % 500)::text, 12, '0'))::uuid,
       1, '', 'suite', gen_random_uuid(), timestamptz '2026-01-01' + n / 3 * interval '1 microsecond'
     FROM generate_series(1, 120000) AS n`,
  );
  await client.query('ANALYZE points_transfers');
});
afterAll(() => client.end());

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly Plans?: readonly PlanNode[];
}

/** On a connection without the store's settings: the plan must not need them. */
async function explain(query: Pick<TransferPageQuery, 'filter'> & Partial<TransferPageQuery>): Promise<PlanNode[]> {
  const builder = buildTransferPage(pool.knex, { after: undefined, limit: 50, ...query });
  const { sql, bindings } = builder.toSQL().toNative();
  const { rows } = await client.query(`EXPLAIN (FORMAT JSON) ${sql}`, [...bindings]);
  const flatten = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(flatten)];
  return flatten(rows[0]['QUERY PLAN'][0].Plan);
}

const indexesOf = (nodes: PlanNode[]) => nodes.map((node) => node['Index Name']).filter((name) => name !== undefined);

const bounds = { createdAfter: 1_767_225_600_000_100n, createdBefore: 1_767_225_600_030_000n };
const paths: [string, TransferFilter, string[]][] = [
  ['everything', {}, ['points_transfers_by_time']],
  ['what a user gave', { userId, direction: 'out' }, ['points_transfers_by_giver']],
  ['what a user got', { userId, direction: 'in' }, ['points_transfers_by_taker']],
  ['a user, both ways', { userId }, ['points_transfers_by_giver', 'points_transfers_by_taker']],
];
const cases = paths.flatMap(([what, filter, indexes]) => [
  { what, filter, indexes },
  { what: `${what}, between two times`, filter: { ...filter, ...bounds }, indexes },
]);

describe('a page of 120,000 movements', () => {
  it.each(cases)('comes unsorted from its index, from the start and from the middle: $what', async (one) => {
    const middle = { time: '2026-01-01 00:00:00.020000+00', id: '80000000-0000-4000-8000-000000000000' };
    for (const after of [undefined, middle]) {
      const nodes = await explain({ filter: one.filter, after });
      const types = nodes.map((node) => node['Node Type']);
      expect(types.join()).not.toMatch(/Sort|Seq Scan|Bitmap/);
      expect(indexesOf(nodes)).toEqual(one.indexes);
    }
  });

  it('is counted from the indexes of a user', async () => {
    const { sql, bindings } = buildTransferCount(pool.knex, { userId }).toSQL().toNative();
    const { rows } = await client.query(`EXPLAIN ${sql}`, [...bindings]);
    expect(JSON.stringify(rows)).not.toMatch(/Seq Scan/);
  });

  it.each(cases)('leads to all of them once, in order, ties included: $what', async ({ filter }) => {
    const ledger = createPostgresPointsReader(pool);
    const narrow: TransferFilter =
      filter.userId === undefined ? { ...bounds, createdBefore: bounds.createdAfter + 700n } : filter;
    const seen = [];
    let after: TransferPageQuery['after'];
    do {
      const page = await ledger.list({ filter: narrow, after, limit: 97 }, makeCall());
      seen.push(...page.transfers);
      after = page.next;
    } while (after !== undefined);
    expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length);
    expect(BigInt(seen.length)).toBe(await ledger.count(narrow, makeCall()));
    expect(seen.length).toBeGreaterThan(97);
    const places = seen.map(({ createTime, id }) => `${createTime} ${id}`);
    expect(places).toEqual(places.toSorted().toReversed());
  });
});
