import pg from 'pg';
import { onTestFinished } from 'vitest';

/** Changes of users stand still inside PostgreSQL until the gate is opened. */
export async function useGate(url: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`
    CREATE TABLE gate (open bool);
    CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        WHILE NOT EXISTS (SELECT FROM gate) LOOP PERFORM pg_sleep(0.01); END LOOP;
        RETURN NEW;
      END $$;
    CREATE TRIGGER gate BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION wait_at_gate()`);
  onTestFinished(async () => {
    await client.query('DROP TRIGGER gate ON users; DROP FUNCTION wait_at_gate; DROP TABLE gate');
    await client.end();
  });
  const held = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`;
  return {
    query: (sql: string, values: unknown[]) => client.query(sql, values),
    countHeld: async () => (await client.query(held)).rowCount,
    open: () => client.query('INSERT INTO gate VALUES (true)'),
  };
}
