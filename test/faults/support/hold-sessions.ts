import { holdsWithin } from '@tandem/dev-stack';
import pg from 'pg';

/** Whoever writes sessions waits until it is released. */
export interface HeldSessions extends AsyncDisposable {
  /** Whether so many statements that write a user's sessions come to wait, before the first of them gives up. */
  areWaiting(count: number): Promise<boolean>;
  release(): Promise<void>;
}

const countWaiting = `
  SELECT count(*)::integer AS count FROM pg_stat_activity
  WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%user_id%'`;

/** Holds the table of sessions; service connections wait for it for at most 2 s each. */
export async function holdSessions(url: string): Promise<HeldSessions> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('BEGIN');
  await client.query('LOCK TABLE sessions IN EXCLUSIVE MODE');
  return {
    areWaiting(count) {
      const isReached = async () => {
        // Statistics are kept as they were at the first look of a transaction.
        await client.query('SELECT pg_stat_clear_snapshot()');
        return (await client.query<{ count: number }>(countWaiting)).rows[0]?.count === count;
      };
      return holdsWithin(isReached, { timeoutMs: 1_800, pollMs: 5 });
    },
    release: async () => void (await client.query('COMMIT')),
    [Symbol.asyncDispose]: () => client.end(),
  };
}
