import type { Knex } from 'knex';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { useProcesses } from '../../test/support/use-processes.ts';
import type { UsersMigration } from '../migration.ts';
import { readUsersSchema } from '../testing/read-users-schema.ts';
import { useEmptyUsersDatabase } from '../testing/use-empty-databases.ts';
import { openUsersRunner } from './users-runner.ts';

function createTable(name: string): UsersMigration {
  return {
    name,
    up: async (knex) => void (await knex.raw(`CREATE TABLE "${name}" (id int)`)),
    down: async (knex) => void (await knex.raw(`DROP TABLE "${name}"`)),
  };
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

async function tables(url: string): Promise<string[]> {
  const lines = (await readUsersSchema(url)).filter((line) => line.startsWith('relation'));
  return lines.map((line) => line.split(/[ .]/)[2] ?? '');
}

const [a, b, c] = [createTable('a'), createTable('b'), createTable('c')];

describe('the runner of the users database', () => {
  const processes = useProcesses();

  it('applies what is pending in the order of the list and undoes the last', async () => {
    const url = await useEmptyUsersDatabase();
    const lines: string[] = [];
    await using runner = await openUsersRunner({ url, migrations: [a, b], log: (line) => lines.push(line) });
    expect(await runner.status()).toEqual({ applied: [], pending: ['a', 'b'], unknown: [] });
    expect(await runner.up()).toEqual(['a', 'b']);
    expect(await runner.up()).toEqual([]);
    expect(await runner.down()).toBe('b');
    expect(await runner.status()).toEqual({ applied: ['a'], pending: ['b'], unknown: [] });
    expect(lines).toEqual(['users: applied a', 'users: applied b', 'users: undid b']);
    expect(await runner.down()).toBe('a');
    expect(await runner.down()).toBeUndefined();
  });

  it('reads the status without changing anything', async () => {
    const url = await useEmptyUsersDatabase();
    await using runner = await openUsersRunner({ url, migrations: [a] });
    await runner.status();
    expect(await query(url, `SELECT FROM pg_tables WHERE schemaname = 'public'`)).toEqual([]);
  });

  it('keeps the ones before a failing one, nothing of the failing one, and goes on from there', async () => {
    const url = await useEmptyUsersDatabase();
    const failing: UsersMigration = {
      ...b,
      up: async (knex) => {
        await b.up(knex);
        await knex.raw('SELECT 1/0');
      },
    };
    await using broken = await openUsersRunner({ url, migrations: [a, failing, c] });
    await expect(broken.up()).rejects.toThrow('users: up b failed: division by zero; mend the cause and run it again');
    expect(await tables(url)).toEqual(['a']);
    await using mended = await openUsersRunner({ url, migrations: [a, b, c] });
    expect(await mended.up()).toEqual(['b', 'c']);
  });

  it('undoes all of a failing down', async () => {
    const url = await useEmptyUsersDatabase();
    const failing: UsersMigration = {
      ...a,
      down: async (knex) => {
        await a.down(knex);
        await knex.raw('SELECT 1/0');
      },
    };
    await using runner = await openUsersRunner({ url, migrations: [failing] });
    await runner.up();
    await expect(runner.down()).rejects.toThrow('users: down a failed: division by zero');
    expect(await tables(url)).toEqual(['a']);
    expect((await runner.status()).applied).toEqual(['a']);
  });

  it('runs one outside a transaction when it asks for that, both ways', async () => {
    const url = await useEmptyUsersDatabase();
    const concurrently: UsersMigration = {
      name: 'index',
      config: { transaction: false },
      up: async (knex: Knex) => void (await knex.raw('CREATE INDEX CONCURRENTLY a_id ON a (id)')),
      down: async (knex: Knex) => void (await knex.raw('DROP INDEX CONCURRENTLY a_id')),
    };
    await using runner = await openUsersRunner({ url, migrations: [a, concurrently, b] });
    expect(await runner.up()).toEqual(['a', 'index', 'b']);
    expect(await runner.down()).toBe('b');
    expect(await runner.down()).toBe('index');
  });

  it('runs each migration once when five start together', async () => {
    const url = await useEmptyUsersDatabase();
    const runners = await Promise.all([1, 2, 3, 4, 5].map(() => openUsersRunner({ url, migrations: [a, b, c] })));
    const applied = await Promise.all(runners.map((runner) => runner.up()));
    await Promise.all(runners.map((runner) => runner[Symbol.asyncDispose]()));
    expect(applied.flat()).toEqual(['a', 'b', 'c']);
    expect(await query(url, 'SELECT name FROM migrations ORDER BY id')).toEqual(
      [a, b, c].map(({ name }) => ({ name })),
    );
  });

  it('gives up waiting with one clear line, and has said that it waits', async () => {
    const url = await useEmptyUsersDatabase();
    const lines: string[] = [];
    const log = (line: string) => lines.push(line);
    await using second = await openUsersRunner({ url, migrations: [a], lockWaitMs: 50, log });
    const nested: UsersMigration = {
      ...a,
      up: async () => {
        await expect(second.up()).rejects.toThrow('users: another migration run still holds the lock after 50 ms');
      },
    };
    await using first = await openUsersRunner({ url, migrations: [nested] });
    await first.up();
    expect(lines).toEqual(['users: waiting for another migration run to end']);
  });

  it('goes on after a runner that was killed in the middle', async () => {
    const url = await useEmptyUsersDatabase();
    const file = new URL('../testing/stuck-runner.ts', import.meta.url).pathname;
    const stuck = await processes.start({ file, args: ['users', url], ready: /stuck/ });
    stuck.kill('SIGKILL');
    await stuck.exited;
    await using successor = await openUsersRunner({ url, migrations: [createTable('stuck')] });
    expect(await successor.up()).toEqual(['stuck']);
  });

  it('goes on after a runner that was killed outside a transaction', async () => {
    const url = await useEmptyUsersDatabase();
    await using runner = await openUsersRunner({ url, migrations: [a] });
    await runner.up();
    await query(url, 'UPDATE migrations_lock SET is_locked = 1');
    expect(await runner.down()).toBe('a');
    await query(url, 'UPDATE migrations_lock SET is_locked = 1');
    expect(await runner.up()).toEqual(['a']);
  });

  it('leaves a database alone that a newer release migrated, but does not undo beneath it', async () => {
    const url = await useEmptyUsersDatabase();
    await using newer = await openUsersRunner({ url, migrations: [a, b, c] });
    await newer.up();
    await using older = await openUsersRunner({ url, migrations: [a, b] });
    expect(await older.up()).toEqual([]);
    expect(await older.status()).toEqual({ applied: ['a', 'b'], pending: [], unknown: ['c'] });
    await expect(older.down()).rejects.toThrow('users: c was applied by another release');
  });

  it('stops before the next migration when the connection that holds the lock breaks', async () => {
    const url = await useEmptyUsersDatabase();
    const holders = `FROM pg_locks WHERE locktype = 'advisory' AND database =
      (SELECT oid FROM pg_database WHERE datname = current_database())`;
    const cutting: UsersMigration = {
      ...a,
      up: async (knex) => {
        await a.up(knex);
        await query(url, `SELECT pg_terminate_backend(pid) ${holders}`);
        await expect.poll(() => query(url, `SELECT ${holders}`)).toEqual([]);
      },
    };
    await using runner = await openUsersRunner({ url, migrations: [cutting, b] });
    await expect(runner.up()).rejects.toThrow('users: the connection that holds the migration lock broke');
    expect(await tables(url)).toEqual(['a']);
  });
});
