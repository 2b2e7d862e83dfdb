import type { Knex } from 'knex';

/** E-mails are unique: their unique index is the order by e-mail already, and no id is needed to break ties. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('DROP INDEX users_by_email_lower');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('CREATE INDEX users_by_email_lower ON users (email_lower, id)');
}
