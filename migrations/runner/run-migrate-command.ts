import { relative } from 'node:path';
import { parseArgs } from 'node:util';
import type { Variables } from '@tandem/rpc/variables';
import { type DatabaseUrlVariable, readDatabaseUrl } from './database-url.ts';
import { makeMigration } from './make-migration.ts';
import { MigrationError } from './migration-error.ts';
import type { MigrationRunner } from './migration-runner.ts';
import { openPostsRunner } from './posts-runner.ts';
import { formatStatusTable } from './status-table.ts';
import { openUsersRunner } from './users-runner.ts';

export interface MigrateCommand {
  /** What follows the program's name. */
  readonly args: readonly string[];
  readonly env: Variables;
  /** The folder that holds `users/` and `posts/`, for `make`. */
  readonly root: string;
  readonly now: Date;
  readonly print: (line: string) => void;
}

interface Database {
  readonly name: 'users' | 'posts';
  readonly variable: DatabaseUrlVariable;
  open(options: { url: string; log: (line: string) => void }): Promise<MigrationRunner>;
}

const databases: readonly Database[] = [
  { name: 'users', variable: 'USERS_DATABASE_URL', open: openUsersRunner },
  { name: 'posts', variable: 'POSTS_DATABASE_URL', open: openPostsRunner },
];

const usage = 'usage: npm run migrate -- up | down | status | make NAME   [--only users | posts]';

const verbs = { up, down, status };

/** `up`, `down`, `status` or `make NAME`; throws MigrationError in one clear line. */
export async function runMigrateCommand(command: MigrateCommand): Promise<void> {
  const { verb, what, only } = parseCommand(command.args);
  if (verb === 'make') return await make(command, { what, only });
  if (verb !== 'up' && verb !== 'down' && verb !== 'status') {
    throw new MigrationError(verb === undefined ? usage : `there is no command ${JSON.stringify(verb)}; ${usage}`);
  }
  if (what !== undefined) throw new MigrationError(`${verb} takes no argument ${JSON.stringify(what)}; ${usage}`);
  const chosen = databases.filter(({ name }) => only === undefined || name === only);
  await verbs[verb](readTargets(chosen, command.env), command.print);
}

interface Target extends Database {
  readonly url: string;
}

async function up(targets: readonly Target[], print: (line: string) => void): Promise<void> {
  for (const target of targets) {
    await using runner = await target.open({ url: target.url, log: print });
    const applied = await runner.up();
    if (applied.length === 0) print(`${target.name}: up to date`);
  }
}

async function down(targets: readonly Target[], print: (line: string) => void): Promise<void> {
  for (const target of targets) {
    await using runner = await target.open({ url: target.url, log: print });
    const undone = await runner.down();
    if (undone === undefined) print(`${target.name}: nothing to undo`);
  }
}

async function status(targets: readonly Target[], print: (line: string) => void): Promise<void> {
  const statuses = [];
  for (const target of targets) {
    await using runner = await target.open({ url: target.url, log: print });
    statuses.push({ database: target.name, status: await runner.status() });
  }
  print(formatStatusTable(statuses));
}

interface MakeArguments {
  readonly what: string | undefined;
  readonly only: string | undefined;
}

async function make({ root, now, print }: MigrateCommand, { what, only }: MakeArguments): Promise<void> {
  if (what === undefined) throw new MigrationError(`make needs a NAME, as in add-nickname; ${usage}`);
  if (only !== 'users' && only !== 'posts') {
    throw new MigrationError('make writes one migration: say for which database with --only users or --only posts');
  }
  const path = await makeMigration({ root, database: only, what, now });
  print(`wrote migrations/${relative(root, path)} and added it to migrations/${only}/list.ts`);
}

/** All missing and bad URLs are told together. */
function readTargets(chosen: readonly Database[], env: Variables): Target[] {
  const problems: string[] = [];
  const targets = chosen.flatMap((database) => {
    try {
      return [{ ...database, url: readDatabaseUrl(env, database.variable) }];
    } catch (error) {
      if (!(error instanceof MigrationError)) throw error;
      problems.push(error.message);
      return [];
    }
  });
  if (problems.length > 0) throw new MigrationError(problems.join('; '));
  return targets;
}

function parseCommand(args: readonly string[]) {
  const { values, positionals } = parseOrRefuse(args);
  const [verb, what, ...rest] = positionals;
  if (rest.length > 0) throw new MigrationError(`too many arguments: ${rest.join(' ')}; ${usage}`);
  const { only } = values;
  if (only !== undefined && only !== 'users' && only !== 'posts') {
    throw new MigrationError(`--only ${JSON.stringify(only)} names no database; it is users or posts`);
  }
  return { verb, what, only };
}

function parseOrRefuse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options: { only: { type: 'string' } } });
  } catch (error) {
    throw new MigrationError(`these arguments cannot be read: ${args.join(' ')}; ${usage}`, { cause: error });
  }
}
