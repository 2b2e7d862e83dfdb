import type { Knex } from 'knex';

/** Of a user's sessions those that were ended lately, of which copies may still be cached. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(
    'CREATE INDEX sessions_by_user_revoked ON sessions (user_id, revoke_time) WHERE revoke_time IS NOT NULL',
  );
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP INDEX sessions_by_user_revoked');
}
