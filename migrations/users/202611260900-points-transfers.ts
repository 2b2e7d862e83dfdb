import type { Knex } from 'knex';

/** Stands in the ledger where granted points come from, and where taken ones go; no user can have it. */
const systemAccountId = '00000000-0000-7000-8000-000000000000';

export async function up(knex: Knex): Promise<void> {
  await createLedger(knex);
  await makeAppendOnly(knex);
  await createMovePoints(knex);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP FUNCTION move_points');
  await knex.raw('DROP TABLE points_transfers');
  await knex.raw('DROP FUNCTION refuse_ledger_change');
}

/** No foreign keys: the ledger survives its users. One index for each way it is listed, latest first. */
async function createLedger(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE points_transfers (
      id uuid PRIMARY KEY,
      from_user_id uuid NOT NULL,
      to_user_id uuid NOT NULL,
      amount bigint NOT NULL CONSTRAINT points_transfers_amount_positive CHECK (amount > 0),
      reason text NOT NULL,
      caller text NOT NULL,
      request_id uuid NOT NULL,
      create_time timestamptz NOT NULL,
      CONSTRAINT points_transfers_request_unique UNIQUE (caller, request_id),
      CONSTRAINT points_transfers_two_accounts CHECK (from_user_id <> to_user_id)
    )`);
  await knex.raw('CREATE INDEX points_transfers_by_time ON points_transfers (create_time, id)');
  await knex.raw('CREATE INDEX points_transfers_by_giver ON points_transfers (from_user_id, create_time, id)');
  await knex.raw('CREATE INDEX points_transfers_by_taker ON points_transfers (to_user_id, create_time, id)');
}

async function makeAppendOnly(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'points_transfers is append-only: correct a movement by another one' USING ERRCODE = '55000';
    END $$`);
  await knex.raw(`
    CREATE TRIGGER points_transfers_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON points_transfers
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change()`);
}

/**
 * Moves points and writes the movement down, in one round trip, since both rows stay locked from it to COMMIT. A null
 * giver or taker is the system account. What the state refuses comes back as `refusal`, with nothing written; the order
 * of the tests is the order in which reasons are told. Each statement sees what was committed before it began, so that
 * what was read under the locks still stands when it is written; the time is taken under them too, which keeps the
 * movements of one account in the order in which they happened.
 */
async function createMovePoints(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE FUNCTION move_points(
      transfer_id uuid, giver uuid, taker uuid, moved numeric, why text, by_caller text, by_request_id uuid,
      OUT refusal text, OUT giver_points bigint, OUT taker_points bigint, OUT made timestamptz
    ) LANGUAGE plpgsql AS $$
    DECLARE
      account record;
      giver_active boolean;
      taker_active boolean;
    BEGIN
      IF EXISTS (SELECT FROM points_transfers t WHERE t.caller = by_caller AND t.request_id = by_request_id) THEN
        refusal := 'request_id_reused';
        RETURN;
      END IF;
      FOR account IN
        SELECT u.id, u.is_active, u.points FROM users u WHERE u.id IN (giver, taker) ORDER BY u.id FOR NO KEY UPDATE
      LOOP
        IF account.id = giver THEN
          giver_active := account.is_active;
          giver_points := account.points;
        ELSE
          taker_active := account.is_active;
          taker_points := account.points;
        END IF;
      END LOOP;
      refusal := CASE
        WHEN giver IS NOT NULL AND giver_points IS NULL THEN 'giver_not_found'
        WHEN taker IS NOT NULL AND taker_points IS NULL THEN 'taker_not_found'
        WHEN NOT giver_active AND taker IS NOT NULL THEN 'giver_inactive'
        WHEN NOT taker_active AND giver IS NOT NULL THEN 'taker_inactive'
        WHEN giver_points < moved THEN 'giver_lacks_points'
        WHEN taker_points + moved > 9223372036854775807 THEN 'taker_out_of_range'
      END;
      IF refusal IS NOT NULL THEN
        RETURN;
      END IF;
      giver_points := giver_points - moved;
      taker_points := taker_points + moved;
      UPDATE users u SET points = CASE u.id WHEN giver THEN u.points - moved ELSE u.points + moved END
      WHERE u.id IN (giver, taker);
      INSERT INTO points_transfers (id, from_user_id, to_user_id, amount, reason, caller, request_id, create_time)
      VALUES (
        transfer_id, coalesce(giver, '${systemAccountId}'), coalesce(taker, '${systemAccountId}'), moved, why,
        by_caller, by_request_id, clock_timestamp()
      ) RETURNING create_time INTO made;
    END $$`);
}
