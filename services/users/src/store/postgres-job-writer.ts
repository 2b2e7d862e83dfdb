import { createHash } from 'node:crypto';
import { type Db, PgBoss } from 'pg-boss';
import { type JobWriter, jobQueues } from './job-store.ts';
import type { Session, Statement } from './postgres-lease.ts';
import type { PostgresPool } from './postgres-pool.ts';

/** The schema that the migrations give to pg-boss. */
export const jobsSchema = 'jobs';
/** What is said of every pg-boss of a service: schema and queues are the migrations' business. */
export const jobsOptions = {
  schema: jobsSchema,
  migrate: false,
  createSchema: false,
  schedule: false,
  registerInstance: false,
  openTelemetry: { enabled: false },
} as const;

const startTimeoutMs = 5_000;

/** Puts jobs into open transactions. */
export interface JobSender {
  /** Looks the queues up, so that no transaction needs a second connection to do so. */
  prepare(): Promise<void>;
  writeOn(session: Session): JobWriter;
}

/** A sender over the service's own connections; it works on no job itself. */
export function createJobSender(pool: PostgresPool): JobSender {
  const boss = new PgBoss({
    ...jobsOptions,
    supervise: false,
    db: {
      executeSql: (text, values = []) =>
        pool.lease({ deadline: Date.now() + startTimeoutMs }, (lease) => databaseOn(lease).executeSql(text, values)),
    },
  });
  return {
    prepare: async () => {
      for (const queue of jobQueues) await boss.findJobs(queue, { limit: 1 });
    },
    writeOn: (session) => {
      const db = databaseOn(session);
      return {
        enqueue: async ({ queue, id, data, delayMs }) =>
          void (await boss.send(queue, data, { id, startAfter: toSeconds(delayMs), db })),
        hasten: async ({ queue, id }) => void (await boss.update(queue, undefined, { id, startAfter: 0, db })),
        finish: async ({ queue, id }) => void (await boss.complete(queue, id, null, { includeQueued: true, db })),
      };
    },
  };
}

/** One for each text, since a prepared statement's name may have but one. */
const statements = new Map<string, Statement>();

/** Runs pg-boss's statements on a connection of ours, prepared. */
function databaseOn(session: Session): Db {
  return {
    executeSql: async (text, values = []) => ({ rows: await session.rows(toStatement(text), values) }),
  };
}

function toStatement(text: string): Statement {
  const known = statements.get(text);
  if (known !== undefined) return known;
  const name = `jobs_${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
  // Placeholders are $1, $2 already: a question mark is an operator.
  const statement = { name, sql: text.replaceAll('?', String.raw`\?`) };
  statements.set(text, statement);
  return statement;
}

function toSeconds(ms: number): number {
  return Math.max(0, Math.ceil(ms / 1_000));
}
