import { type Db, MongoClient } from 'mongodb';
import pg from 'pg';
import { PgBoss } from 'pg-boss';

export type JobQueue = 'delete-author-posts' | 'settle-user-with-post';

/** A post's author's guard, as the posts service keeps it. */
export interface AuthorGuard {
  _id: string;
  tombstone_time?: Date;
}

/** Both databases. */
export interface Databases extends AsyncDisposable {
  readonly posts: Db;
  query<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>;
  /** Those of these users for whom no job of the queue is left to be done. */
  withoutJob(queue: JobQueue, userIds: readonly string[]): Promise<string[]>;
  /** Leaves a job about a user to the services. */
  enqueue(queue: JobQueue, userId: string): Promise<void>;
}

const connectTimeoutMs = 5_000;

export async function openDatabases(usersUrl: string, postsUrl: string): Promise<Databases> {
  await using opened = new AsyncDisposableStack();
  const client = new pg.Client({ connectionString: usersUrl, connectionTimeoutMillis: connectTimeoutMs });
  opened.defer(() => client.end());
  await reach('USERS_DATABASE_URL', () => client.connect());
  const mongo = new MongoClient(postsUrl, { serverSelectionTimeoutMS: connectTimeoutMs });
  opened.defer(() => mongo.close());
  await reach('POSTS_DATABASE_URL', () => mongo.connect());
  const query = async <Row extends pg.QueryResultRow>(sql: string, values: unknown[] = []) =>
    (await client.query<Row>(sql, values)).rows;
  const executeSql = (text: string, values?: unknown[]) => client.query(text, values);
  const unattended = { migrate: false, supervise: false, schedule: false, registerInstance: false };
  const boss = new PgBoss({ schema: 'jobs', ...unattended, db: { executeSql } });
  const owned = opened.move();
  return {
    posts: mongo.db(),
    query,
    async withoutJob(queue, userIds) {
      const sql = `
        SELECT asked.id FROM unnest($2::text[]) AS asked (id) WHERE NOT EXISTS (
          SELECT FROM jobs.job WHERE name = $1 AND state < 'completed' AND data->>'userId' = asked.id)`;
      return (await query<{ id: string }>(sql, [queue, userIds])).map(({ id }) => id);
    },
    // Under an id of its own: one of that user may be there, done.
    enqueue: async (queue, userId) => void (await boss.send(queue, { userId })),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The code alone: what drivers say holds URLs. */
async function reach(variable: string, connect: () => Promise<unknown>): Promise<void> {
  try {
    await connect();
  } catch (error) {
    const why = error instanceof Error ? ((error as { code?: unknown }).code ?? error.name) : error;
    throw new Error(`${variable}: the database cannot be reached (${why})`);
  }
}
