import type { Knex } from 'knex';

/** Sessions, known by the SHA-256 of their token; the token itself is nowhere. An ended one has its `revoke_time`. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE sessions (
      id uuid PRIMARY KEY,
      user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
      token_hash bytea NOT NULL CONSTRAINT sessions_token_hash_unique UNIQUE CHECK (length(token_hash) = 32),
      create_time timestamptz NOT NULL DEFAULT now(),
      expire_time timestamptz NOT NULL,
      revoke_time timestamptz,
      user_agent text NOT NULL DEFAULT '',
      ip text NOT NULL DEFAULT ''
    )`);
  // The order of ListSessions; and the same of those alone that nobody has ended.
  await knex.raw('CREATE INDEX sessions_by_user ON sessions (user_id, create_time, id)');
  await knex.raw(
    'CREATE INDEX sessions_by_user_unrevoked ON sessions (user_id, create_time, id) WHERE revoke_time IS NULL',
  );
  await knex.raw('CREATE INDEX sessions_by_expire_time ON sessions (expire_time)');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE sessions');
}
