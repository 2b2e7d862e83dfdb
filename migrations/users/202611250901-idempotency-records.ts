import type { Knex } from 'knex';

/**
 * Who asked for what under which request id, and what was answered. `kind` and `answer` are null while a call of several
 * transactions is still under way; within one transaction nobody else ever sees them so.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE idempotency_records (
      request_id uuid NOT NULL,
      caller text NOT NULL,
      method text NOT NULL,
      fingerprint bytea NOT NULL,
      kind text CHECK (kind IN ('reply', 'refusal')),
      answer bytea,
      expire_time timestamptz NOT NULL,
      PRIMARY KEY (request_id, caller, method),
      CONSTRAINT idempotency_records_answer_whole CHECK ((kind IS NULL) = (answer IS NULL))
    )`);
  await knex.raw('CREATE INDEX idempotency_records_by_expire_time ON idempotency_records (expire_time)');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE idempotency_records');
}
