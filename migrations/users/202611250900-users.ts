import type { Knex } from 'knex';

/** The orders that ListUsers offers, each served by an index of its own; the id breaks ties, in the same direction. */
const orderColumns = ['create_time', 'update_time', 'name_folded', 'email_lower', 'points'] as const;

export async function up(knex: Knex): Promise<void> {
  // The C collation is the order of code points, whatever the database's own is. E-mails are ASCII, so that lower case
  // under C is all the folding they need.
  await knex.raw(`
    CREATE TABLE users (
      id uuid PRIMARY KEY,
      email text NOT NULL,
      email_lower text COLLATE "C" NOT NULL GENERATED ALWAYS AS (lower(email COLLATE "C")) STORED,
      name text NOT NULL,
      name_folded text COLLATE "C" NOT NULL,
      is_active boolean NOT NULL DEFAULT true,
      points bigint NOT NULL DEFAULT 0 CONSTRAINT users_points_not_negative CHECK (points >= 0),
      password_hash text,
      version bigint NOT NULL DEFAULT 1,
      create_time timestamptz NOT NULL DEFAULT now(),
      update_time timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT users_email_unique UNIQUE (email_lower)
    )`);
  for (const column of orderColumns) await knex.raw(`CREATE INDEX users_by_${column} ON users (${column}, id)`);
  // The ids of deleted users, and others that are never given (again).
  await knex.raw(`
    CREATE TABLE deleted_users (
      id uuid PRIMARY KEY,
      delete_time timestamptz NOT NULL DEFAULT now()
    )`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE deleted_users');
  await knex.raw('DROP TABLE users');
}
