import type { Knex } from 'knex';

/**
 * Users of a CreateUserWithPost that is under way, each with what becomes of it: who makes a user pending to active and
 * who cancels it both update the row where it is still pending. Kept apart from `users`, so that no read can see one.
 *
 * Their e-mails and ids are held against users all the same, without a window. Who begins a pending user inserts it into
 * `users`, deletes it there and inserts it here, in one transaction: while that runs, the unique indexes of `users` make
 * whoever wants the same wait. Who comes after it meets the trigger, which reads what is committed by then.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE pending_users (
      id uuid PRIMARY KEY,
      state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'activated', 'cancelled')),
      email text NOT NULL,
      email_lower text COLLATE "C" NOT NULL GENERATED ALWAYS AS (lower(email COLLATE "C")) STORED,
      name text NOT NULL,
      name_folded text COLLATE "C" NOT NULL,
      password_hash text,
      post_id uuid NOT NULL,
      request_id uuid NOT NULL,
      caller text NOT NULL,
      method text NOT NULL,
      reply bytea,
      create_time timestamptz NOT NULL DEFAULT now()
    )`);
  await knex.raw(`CREATE UNIQUE INDEX pending_users_email ON pending_users (email_lower) WHERE state = 'pending'`);
  // 55P03 is what a wait for a lock ends in too: somebody holds it, and will not for long.
  await knex.raw(`
    CREATE FUNCTION refuse_pending_users() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NOT EXISTS (SELECT FROM pending_users WHERE state = 'pending') THEN
        RETURN NULL;
      END IF;
      IF EXISTS (SELECT FROM written JOIN pending_users AS held USING (email_lower) WHERE held.state = 'pending')
        OR EXISTS (SELECT FROM written JOIN pending_users AS held USING (id) WHERE held.state = 'pending') THEN
        RAISE EXCEPTION 'held by a pending user' USING ERRCODE = '55P03';
      END IF;
      RETURN NULL;
    END $$`);
  await knex.raw(`
    CREATE TRIGGER users_not_pending AFTER INSERT ON users
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION refuse_pending_users()`);
  // For each row: a statement's trigger would run for every movement of points.
  await knex.raw(`
    CREATE FUNCTION refuse_pending_email() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF EXISTS (SELECT FROM pending_users WHERE state = 'pending' AND email_lower = NEW.email_lower) THEN
        RAISE EXCEPTION 'held by a pending user' USING ERRCODE = '55P03';
      END IF;
      RETURN NULL;
    END $$`);
  await knex.raw(`
    CREATE TRIGGER users_email_not_pending AFTER UPDATE OF email ON users
    FOR EACH ROW WHEN (OLD.email_lower <> NEW.email_lower) EXECUTE FUNCTION refuse_pending_email()`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TRIGGER users_email_not_pending ON users');
  await knex.raw('DROP TRIGGER users_not_pending ON users');
  await knex.raw('DROP FUNCTION refuse_pending_email()');
  await knex.raw('DROP FUNCTION refuse_pending_users()');
  await knex.raw('DROP TABLE pending_users');
}
