import type { User } from '../domain/user.ts';

/** What every read of users selects. Times as microseconds, since a JavaScript date would lose them. */
export const userColumns = `
  users.id::text AS id, users.email, users.name, users.is_active, users.points::text AS points,
  (extract(epoch FROM users.create_time) * 1000000)::bigint::text AS create_micros,
  (extract(epoch FROM users.update_time) * 1000000)::bigint::text AS update_micros,
  users.version::text AS version`;

/** A row of `userColumns`; bigint columns come as text. */
export interface UserRow {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly is_active: boolean;
  readonly points: string;
  readonly create_micros: string;
  readonly update_micros: string;
  readonly version: string;
}

export function toUser(row: UserRow): User {
  return {
    id: row.id,
    email: row.email,
    name: row.name,
    isActive: row.is_active,
    points: BigInt(row.points),
    createTime: BigInt(row.create_micros),
    updateTime: BigInt(row.update_micros),
    version: BigInt(row.version),
  };
}
