import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MigrationError } from './migration-error.ts';

export interface NewMigration {
  /** The folder that holds `users/` and `posts/`. */
  readonly root: string;
  readonly database: 'users' | 'posts';
  /** What it does, in kebab case: `add-nickname`. */
  readonly what: string;
  readonly now: Date;
}

const namePattern = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
const maxNameLength = 60;

const templates = {
  users: `import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(\`SELECT 'replace this: what changes'\`);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(\`SELECT 'replace this: what undoes it'\`);
}
`,
  posts: `import type { Db } from 'mongodb';

/** Repeatable: it may have failed half-way before. */
export async function up(db: Db): Promise<void> {
  await db.command({ ping: 1, comment: 'replace this: what changes' });
}

export async function down(db: Db): Promise<void> {
  await db.command({ ping: 1, comment: 'replace this: what undoes it' });
}
`,
};

/**
 * Writes an empty migration and puts it at the end of the database's list; resolves with the file's path.
 * Throws MigrationError on a name that is not short kebab case, and changes nothing then.
 */
export async function makeMigration({ root, database, what, now }: NewMigration): Promise<string> {
  if (!namePattern.test(what) || what.length > maxNameLength) {
    const form = `letters, digits and single hyphens in lower case, at most ${maxNameLength}, as in add-nickname`;
    throw new MigrationError(`${JSON.stringify(what)} is no name for a migration: ${form}`);
  }
  const listPath = join(root, database, 'list.ts');
  const list = await readFile(listPath, 'utf8');
  const stamp = nextStamp(list, now);
  const name = `${stamp}-${what}`;
  const extended = extendList(list, { name, alias: `m${stamp}` });
  const path = join(root, database, `${name}.ts`);
  await writeFile(path, templates[database], { flag: 'wx' });
  await writeFile(listPath, extended);
  return path;
}

/** The minute in UTC, or the one after the list's last when the clock is not past that, so that names sort as they run. */
function nextStamp(list: string, now: Date): string {
  const used = [...list.matchAll(/name: '(\d{12})-/g)].map(([, stamp = '']) => stamp).sort();
  const stamp = stampOf(now);
  const last = used.at(-1);
  return last === undefined || stamp > last ? stamp : stampOf(new Date(instantOf(last) + 60_000));
}

function stampOf(instant: Date): string {
  return instant.toISOString().replace(/\D/g, '').slice(0, 12);
}

function instantOf(stamp: string): number {
  return Date.parse(stamp.replace(/(....)(..)(..)(..)(..)/, '$1-$2-$3T$4:$5Z'));
}

function extendList(list: string, { name, alias }: { name: string; alias: string }): string {
  const importEnd = list.indexOf('\n', list.lastIndexOf('import ')) + 1;
  const listEnd = list.lastIndexOf('];');
  if (importEnd === 0 || listEnd < importEnd)
    throw new MigrationError('list.ts has lost its form: imports, then one array');
  const entries = list.slice(importEnd, listEnd);
  const separator = entries.endsWith('[') ? '\n' : '';
  return [
    list.slice(0, importEnd),
    `import * as ${alias} from './${name}.ts';\n`,
    `${entries}${separator}  { name: '${name}', ...${alias} },\n`,
    list.slice(listEnd),
  ].join('');
}
