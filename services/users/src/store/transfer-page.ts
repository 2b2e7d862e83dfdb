import type { Knex } from 'knex';
import type { TransferFilter } from '../domain/points.ts';
import { toTimeText } from '../domain/time.ts';
import type { TransferPage, TransferPageQuery } from './store.ts';
import { type TransferRow, toTransfer, transferColumns } from './transfer-row.ts';

const giver = 'from_user_id';
const taker = 'to_user_id';

/**
 * One row more than the page has, to see whether there is a next one. What a user gave and what a user got stand in two
 * indexes, each in order: both ways are a merge of the two, for no index serves an OR of them.
 */
export function buildTransferPage(knex: Knex, query: TransferPageQuery): Knex.QueryBuilder {
  const { userId, direction } = query.filter;
  if (userId === undefined) return buildBranch(knex, query);
  if (direction !== undefined) return buildBranch(knex, query, { column: columnOf(direction), userId });
  const branches = [giver, taker].map((column) => buildBranch(knex, query, { column, userId }));
  const merged = knex.unionAll(branches, true).as('merged');
  return inOrder(knex.select('*').from(merged), query.limit);
}

interface Side {
  readonly column: string;
  readonly userId: string;
}

/** The order's key is selected beside the columns: the merge goes by it, and text of a time would not keep the order. */
function buildBranch(knex: Knex, { filter, after, limit }: TransferPageQuery, side?: Side): Knex.QueryBuilder {
  const query = knex('points_transfers').select(
    knex.raw(transferColumns),
    'points_transfers.create_time AS at_time',
    'points_transfers.id AS at_id',
  );
  if (side !== undefined) query.where(side.column, side.userId);
  applyTimes(query, filter);
  if (after !== undefined) {
    const place = [after.time, after.id];
    query.whereRaw('(points_transfers.create_time, points_transfers.id) < (?::timestamptz, ?::uuid)', place);
  }
  return inOrder(query, limit);
}

function inOrder(query: Knex.QueryBuilder, limit: number): Knex.QueryBuilder {
  return query
    .orderBy([
      { column: 'at_time', order: 'desc' },
      { column: 'at_id', order: 'desc' },
    ])
    .limit(limit + 1);
}

/** How many movements a filter lets through, as `count`. */
export function buildTransferCount(knex: Knex, filter: TransferFilter): Knex.QueryBuilder {
  const { userId, direction } = filter;
  const query = knex('points_transfers').select(knex.raw('count(*)::text AS count'));
  if (userId !== undefined) {
    const columns = direction === undefined ? [giver, taker] : [columnOf(direction)];
    query.where((either) => {
      for (const column of columns) either.orWhere(column, userId);
    });
  }
  applyTimes(query, filter);
  return query;
}

function columnOf(direction: 'in' | 'out'): string {
  return direction === 'in' ? taker : giver;
}

function applyTimes(query: Knex.QueryBuilder, { createdAfter, createdBefore }: TransferFilter): void {
  const column = 'points_transfers.create_time';
  if (createdAfter !== undefined) query.whereRaw(`${column} >= ?::timestamptz`, [toTimeText(createdAfter)]);
  if (createdBefore !== undefined) query.whereRaw(`${column} < ?::timestamptz`, [toTimeText(createdBefore)]);
}

/** The page that the rows of `buildTransferPage` make. */
export function toTransferPage(rows: readonly TransferRow[], limit: number): TransferPage {
  const transfers = rows.slice(0, limit).map(toTransfer);
  const last = transfers.at(-1);
  if (rows.length <= limit || last === undefined) return { transfers, next: undefined };
  return { transfers, next: { time: toTimeText(last.createTime), id: last.id } };
}
