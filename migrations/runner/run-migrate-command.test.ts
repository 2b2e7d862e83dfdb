import { expect, it } from 'vitest';
import { MigrationError } from './migration-error.ts';
import { runMigrateCommand } from './run-migrate-command.ts';

function run(...args: string[]): Promise<void> {
  return runMigrateCommand({ args, env: {}, root: '/nowhere', now: new Date(0), print: () => {} });
}

it.each([
  [[], 'usage: npm run migrate -- up | down | status | make NAME'],
  [['sideways'], 'there is no command "sideways"'],
  [['up', 'now'], 'up takes no argument "now"'],
  [['up', '--only', 'people'], '--only "people" names no database; it is users or posts'],
  [['up', '--force'], 'these arguments cannot be read: up --force'],
  [['make', 'a', 'b'], 'too many arguments: b'],
  [['make', '--only', 'users'], 'make needs a NAME'],
  [['make', 'add-it'], 'say for which database with --only users or --only posts'],
])('refuses %j in one line', async (args, message) => {
  const refusal = expect(run(...args)).rejects;
  await refusal.toThrow(MigrationError);
  await refusal.toThrow(message);
});

it('tells all missing URLs together, or only that of the named database', async () => {
  await expect(run('up')).rejects.toThrow(/USERS_DATABASE_URL is not set.*; POSTS_DATABASE_URL is not set/);
  await expect(run('status', '--only', 'posts')).rejects.toThrow(/^POSTS_DATABASE_URL is not set[^;]*; give it[^;]*$/);
});
