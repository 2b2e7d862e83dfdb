import type { Knex } from 'knex';

/**
 * What still has to go from the cache, written with the change that made it old; and which keys of the cache the change of
 * a recorded request touched, for the caller who is told of it a second time.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE cache_invalidations (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      keys text[] NOT NULL,
      due_time timestamptz NOT NULL DEFAULT now()
    )`);
  await knex.raw(`ALTER TABLE idempotency_records ADD COLUMN cache_keys text[] NOT NULL DEFAULT '{}'`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('ALTER TABLE idempotency_records DROP COLUMN cache_keys');
  await knex.raw('DROP TABLE cache_invalidations');
}
