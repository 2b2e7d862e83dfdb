// A program for tests: a runner whose migration has begun and never ends. Arguments: users or posts, then the URL.
import { openPostsRunner } from '../runner/posts-runner.ts';
import { openUsersRunner } from '../runner/users-runner.ts';

const [database, url = ''] = process.argv.slice(2);

function stick(): Promise<never> {
  console.log('stuck');
  return new Promise(() => {});
}

if (database === 'users') {
  const up = async (knex: { raw(sql: string): PromiseLike<unknown> }) => {
    await knex.raw('CREATE TABLE stuck (id int)');
    console.log('stuck');
    await knex.raw('SELECT pg_sleep(3600)');
  };
  await using runner = await openUsersRunner({ url, migrations: [{ name: 'stuck', up, down: stick }] });
  await runner.up();
} else {
  const migrations = [{ name: 'stuck', up: stick, down: stick }];
  await using runner = await openPostsRunner({ url, migrations, leaseMs: 1_000 });
  await runner.up();
}
