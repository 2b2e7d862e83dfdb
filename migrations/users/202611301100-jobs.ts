import type { Knex } from 'knex';
import { getConstructionPlans } from 'pg-boss';

/** The plans open and commit a transaction of their own. */
export const config = { transaction: false };

/**
 * Jobs that ride with the transaction which causes them, as pg-boss keeps them: its schema of the release that
 * package.json pins. A later release's changes (`getMigrationPlans`) belong into a migration of their own.
 */
export async function up(knex: Knex): Promise<void> {
  const { rows } = await knex.raw("SELECT to_regclass('jobs.version') AS version");
  if (rows[0].version === null) await knex.raw(getConstructionPlans('jobs'));
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP SCHEMA IF EXISTS jobs CASCADE');
}
