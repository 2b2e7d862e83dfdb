import { type Db, MongoClient } from 'mongodb';
import type { MigrationStatus, PostsMigration } from '../migration.ts';
import { postsMigrations } from '../posts/list.ts';
import { connectionError, explainingFailures } from './connection-error.ts';
import { holdLeaseLock } from './lease-lock.ts';
import type { MigrationLock } from './migration-lock.ts';
import { defaultLockWaitMs, type MigrationRunner, noLog, type RunnerOptions, withLock } from './migration-runner.ts';
import { lastApplied, migrationFailure, statusOf } from './migration-status.ts';

interface MigrationRecord {
  _id: string;
  applied_at: Date;
}

export interface PostsRunnerOptions extends RunnerOptions<PostsMigration> {
  /** How long a killed runner keeps others out, in milliseconds. Default 10,000. */
  readonly leaseMs?: number;
}

/** Connects to the posts database; throws MigrationError in one clear line when that fails. */
export async function openPostsRunner(options: PostsRunnerOptions): Promise<MigrationRunner> {
  const { url, migrations = postsMigrations, log = noLog, lockWaitMs = defaultLockWaitMs, leaseMs = 10_000 } = options;
  const client = await connect(url);
  const context = { db: client.db(), migrations, log };
  const server = { engine: 'MongoDB', url } as const;
  const lock = () => holdLeaseLock(context.db, { log, waitMs: lockWaitMs, leaseMs });
  return {
    up: () => explainingFailures(server, () => withLock(lock(), (held) => applyPending(context, held))),
    down: () => explainingFailures(server, () => withLock(lock(), (held) => undoLast(context, held))),
    status: () => explainingFailures(server, () => readStatus(context.db, migrations)),
    [Symbol.asyncDispose]: () => client.close(),
  };
}

interface Context {
  readonly db: Db;
  readonly migrations: readonly PostsMigration[];
  readonly log: (line: string) => void;
}

async function applyPending({ db, migrations, log }: Context, lock: MigrationLock): Promise<string[]> {
  const { pending } = await readStatus(db, migrations);
  for (const migration of migrations.filter(({ name }) => pending.includes(name))) {
    await guarded(`posts: up ${migration.name}`, lock, () => migration.up(db));
    await guarded(`posts: recording ${migration.name}`, lock, () => record(db, migration.name));
    log(`posts: applied ${migration.name}`);
  }
  return pending;
}

async function undoLast({ db, migrations, log }: Context, lock: MigrationLock): Promise<string | undefined> {
  const name = lastApplied('posts', await readStatus(db, migrations));
  const migration = migrations.find((candidate) => candidate.name === name);
  if (migration === undefined) return undefined;
  await guarded(`posts: down ${migration.name}`, lock, () => migration.down(db));
  await guarded(`posts: recording ${migration.name}`, lock, () => records(db).deleteOne({ _id: migration.name }));
  log(`posts: undid ${migration.name}`);
  return name;
}

async function guarded(step: string, lock: MigrationLock, work: () => Promise<unknown>): Promise<void> {
  lock.assertHeld();
  try {
    await work();
  } catch (error) {
    throw migrationFailure(step, error);
  }
}

function records(db: Db) {
  return db.collection<MigrationRecord>('migrations', { writeConcern: { w: 'majority' } });
}

async function record(db: Db, name: string): Promise<void> {
  await records(db).insertOne({ _id: name, applied_at: new Date() });
}

async function readStatus(db: Db, migrations: readonly PostsMigration[]): Promise<MigrationStatus> {
  const applied = await records(db)
    .find({}, { sort: { applied_at: 1, _id: 1 } })
    .toArray();
  return statusOf(
    migrations,
    applied.map(({ _id }) => _id),
  );
}

async function connect(url: string): Promise<MongoClient> {
  let client: MongoClient | undefined;
  try {
    client = new MongoClient(url, {
      appName: 'tandem-migrate',
      serverSelectionTimeoutMS: 5_000,
      connectTimeoutMS: 5_000,
      writeConcern: { w: 'majority' },
    });
    // A ping needs no permission; a read finds wrong credentials now.
    await records(client.db()).findOne({});
    return client;
  } catch (error) {
    await client?.close();
    throw connectionError('MongoDB', url, error);
  }
}
