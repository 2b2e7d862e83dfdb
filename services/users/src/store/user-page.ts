import { foldedPrefixRange } from '@tandem/text';
import type { Knex } from 'knex';
import { foldName } from '../domain/names.ts';
import { toTimeText } from '../domain/time.ts';
import type { User, UserFilter, UserOrderField, UserPosition } from '../domain/user.ts';
import type { UserChunkQuery, UserPage, UserPageQuery } from './store.ts';
import { toUser, type UserRow, userColumns } from './user-row.ts';

interface OrderKey {
  readonly column: string;
  readonly type: string;
  /** No two users share the key: it needs no id to break ties. */
  readonly isUnique?: boolean;
  /** The key's place as text that the column's type reads exactly. */
  readonly of: (user: User, row: PageRow) => string;
}

/** A user's row with the folded texts that two of the orders go by. */
export type PageRow = UserRow & { readonly name_folded: string };

const orderKeys: Record<UserOrderField, OrderKey> = {
  create_time: { column: 'create_time', type: 'timestamptz', of: (user) => toTimeText(user.createTime) },
  update_time: { column: 'update_time', type: 'timestamptz', of: (user) => toTimeText(user.updateTime) },
  name: { column: 'name_folded', type: 'text', of: (_, row) => row.name_folded },
  email: { column: 'email_lower', type: 'text', isUnique: true, of: (user) => user.email.toLowerCase() },
  points: { column: 'points', type: 'bigint', of: (user) => String(user.points) },
};

/**
 * One row more than the page has, to see whether there is a next one. The columns are named with their table: a bare name
 * in ORDER BY means the selected text of it.
 */
export function buildUserPage(knex: Knex, { filter, order, after, limit }: UserPageQuery): Knex.QueryBuilder {
  const { column, isUnique } = orderKeys[order.field];
  const direction = order.descending ? 'desc' : 'asc';
  const query = knex('users').select(knex.raw(userColumns), 'name_folded');
  applyUserFilter(query, filter);
  if (after !== undefined) applyAfter(query, { order, after });
  return query
    .orderBy([
      { column: `users.${column}`, order: direction },
      ...(isUnique ? [] : [{ column: 'users.id', order: direction }]),
    ])
    .limit(limit + 1);
}

/** By id, whatever the filter: what went before is never read again. */
export function buildUserChunk(knex: Knex, { filter, afterId, limit }: UserChunkQuery): Knex.QueryBuilder {
  const query = knex('users').select(knex.raw(userColumns)).orderBy('users.id').limit(limit);
  applyUserFilter(query, filter);
  if (afterId !== undefined) query.whereRaw('users.id > ?::uuid', [afterId]);
  return query;
}

/** Keyset: the rows beyond a place in the order, found in the order's index however far in it is. */
function applyAfter(
  query: Knex.QueryBuilder,
  { order, after }: Pick<UserPageQuery, 'order'> & { after: UserPosition },
) {
  const { column, type, isUnique } = orderKeys[order.field];
  const beyond = order.descending ? '<' : '>';
  if (isUnique) query.whereRaw(`?? ${beyond} ?::${type}`, [`users.${column}`, after.key]);
  else query.whereRaw(`(??, users.id) ${beyond} (?::${type}, ?::uuid)`, [`users.${column}`, after.key, after.id]);
}

/** Narrows a query over `users` to a filter; all given parts must hold. */
export function applyUserFilter(query: Knex.QueryBuilder, filter: UserFilter): void {
  const { isActive, createdAfter, createdBefore, namePrefix } = filter;
  if (isActive !== undefined) query.where('is_active', isActive);
  if (createdAfter !== undefined) query.whereRaw('create_time >= ?::timestamptz', [toTimeText(createdAfter)]);
  if (createdBefore !== undefined) query.whereRaw('create_time < ?::timestamptz', [toTimeText(createdBefore)]);
  if (namePrefix !== undefined && namePrefix !== '') applyPrefix(query, namePrefix);
}

function applyPrefix(query: Knex.QueryBuilder, prefix: string): void {
  const { from, before } = foldedPrefixRange(foldName(prefix));
  query.where('name_folded', '>=', from);
  if (before !== undefined) query.where('name_folded', '<', before);
}

/** The page that the rows of `buildUserPage` make. */
export function toUserPage(rows: readonly PageRow[], { order, limit }: UserPageQuery): UserPage {
  const pageRows = rows.slice(0, limit);
  const users = pageRows.map(toUser);
  const last = users.at(-1);
  const lastRow = pageRows.at(-1);
  if (rows.length <= limit || last === undefined || lastRow === undefined) return { users, next: undefined };
  return { users, next: { key: orderKeys[order.field].of(last, lastRow), id: last.id } };
}
