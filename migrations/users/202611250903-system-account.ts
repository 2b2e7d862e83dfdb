import type { Knex } from 'knex';

/** Where granted points come from. It is no user and never may be one: its id counts as given already. */
const systemAccountId = '00000000-0000-7000-8000-000000000000';

export async function up(knex: Knex): Promise<void> {
  await knex.raw('INSERT INTO deleted_users (id) VALUES (?) ON CONFLICT DO NOTHING', [systemAccountId]);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DELETE FROM deleted_users WHERE id = ?', [systemAccountId]);
}
