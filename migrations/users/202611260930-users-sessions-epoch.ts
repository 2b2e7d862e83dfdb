import type { Knex } from 'knex';

/**
 * How often all of a user's sessions were ended at once. A login opens a session only while it is what it was when the
 * account was read: who ends all sessions ends the logins that are under way with them.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('ALTER TABLE users ADD COLUMN sessions_epoch bigint NOT NULL DEFAULT 0');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('ALTER TABLE users DROP COLUMN sessions_epoch');
}
