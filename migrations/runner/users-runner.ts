import knexModule, { type Knex } from 'knex';
import type { MigrationStatus, UsersMigration } from '../migration.ts';
import { usersMigrations } from '../users/list.ts';
import { holdAdvisoryLock } from './advisory-lock.ts';
import { connectionError, explainingFailures } from './connection-error.ts';
import type { MigrationLock } from './migration-lock.ts';
import { defaultLockWaitMs, type MigrationRunner, noLog, type RunnerOptions, withLock } from './migration-runner.ts';
import { lastApplied, migrationFailure, statusOf } from './migration-status.ts';

const { knex: createKnex } = knexModule;

const tableName = 'migrations';
const undefinedTable = '42P01';

/** Connects to the users database; throws MigrationError in one clear line when that fails. */
export async function openUsersRunner(options: RunnerOptions<UsersMigration>): Promise<MigrationRunner> {
  const { url, migrations = usersMigrations, log = noLog, lockWaitMs = defaultLockWaitMs } = options;
  const knex = await connect(url);
  const context = { knex, migrations, log };
  const server = { engine: 'PostgreSQL', url } as const;
  const lock = () => holdAdvisoryLock(url, { log, waitMs: lockWaitMs });
  return {
    up: () => explainingFailures(server, () => withLock(lock(), (held) => applyPending(context, held))),
    down: () => explainingFailures(server, () => withLock(lock(), (held) => undoLast(context, held))),
    status: () => explainingFailures(server, () => readStatus(knex, migrations)),
    [Symbol.asyncDispose]: () => knex.destroy(),
  };
}

interface Context {
  readonly knex: Knex;
  readonly migrations: readonly UsersMigration[];
  readonly log: (line: string) => void;
}

async function applyPending({ knex, migrations, log }: Context, lock: MigrationLock): Promise<string[]> {
  const { pending } = await readStatus(knex, migrations);
  for (const name of pending) {
    await runOne({ knex, migrations, name, step: 'up' }, lock);
    log(`users: applied ${name}`);
  }
  return pending;
}

async function undoLast({ knex, migrations, log }: Context, lock: MigrationLock): Promise<string | undefined> {
  const name = lastApplied('users', await readStatus(knex, migrations));
  if (name === undefined) return undefined;
  await runOne({ knex, migrations, name, step: 'down' }, lock);
  log(`users: undid ${name}`);
  return name;
}

interface Step {
  readonly knex: Knex;
  readonly migrations: readonly UsersMigration[];
  readonly name: string;
  readonly step: 'up' | 'down';
}

/** In one transaction with its record, so that a killed runner leaves neither or both (but see `config.transaction`). */
async function runOne({ knex, migrations, name, step }: Step, lock: MigrationLock): Promise<void> {
  const config = migratorConfig(migrations, name);
  const inTransaction = migrations.find((migration) => migration.name === name)?.config?.transaction !== false;
  lock.assertHeld();
  try {
    // Whoever left Knex's own lock behind was killed: ours is held, so nobody else is running.
    await knex.migrate.forceFreeMigrationsLock(config);
    if (inTransaction) await knex.transaction((transaction) => transaction.migrate[step](config));
    else await knex.migrate[step](config);
  } catch (error) {
    throw migrationFailure(`users: ${step} ${name}`, error);
  }
}

function migratorConfig(migrations: readonly UsersMigration[], name: string): Knex.MigratorConfig & { name: string } {
  return {
    tableName,
    name,
    // A database that a newer release has migrated must not stop an older one: statusOf tells them apart.
    disableMigrationsListValidation: true,
    migrationSource: {
      getMigrations: async () => [...migrations],
      getMigrationName: (migration: UsersMigration) => migration.name,
      getMigration: async (migration: UsersMigration) => migration,
    },
  };
}

async function readStatus(knex: Knex, migrations: readonly UsersMigration[]): Promise<MigrationStatus> {
  try {
    const rows: { name: string }[] = await knex(tableName).select('name').orderBy('id');
    return statusOf(
      migrations,
      rows.map(({ name }) => name),
    );
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === undefinedTable) return statusOf(migrations, []);
    throw error;
  }
}

async function connect(url: string): Promise<Knex> {
  const knex = createKnex({
    client: 'pg',
    connection: {
      connectionString: url,
      connectionTimeoutMillis: 5_000,
      application_name: 'tandem-migrate',
      // A killed runner's statement ends with it, not minutes later beside its successor's.
      options: '-c client_connection_check_interval=1s',
    },
    pool: { min: 0, max: 2 },
    acquireConnectionTimeout: 10_000,
    // Knex would print statements; what went wrong is told once, by the error.
    log: { debug: noLog, deprecate: noLog, error: noLog, warn: noLog },
  });
  try {
    await knex.raw('SELECT 1');
    return knex;
  } catch (error) {
    await knex.destroy();
    throw connectionError('PostgreSQL', url, error);
  }
}
