import type { Knex } from 'knex';

/** What every replica of the service must share and no caller may know, as the key of page tokens. Made once. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE service_secrets (
      name text PRIMARY KEY,
      secret bytea NOT NULL,
      create_time timestamptz NOT NULL DEFAULT now()
    )`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE service_secrets');
}
