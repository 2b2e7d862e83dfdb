import { describe, expect, it } from 'vitest';
import { useProcesses } from '../test/support/use-processes.ts';
import { postsMigrations } from './posts/list.ts';
import { readPostsStatus, readUsersStatus } from './testing/read-statuses.ts';
import { useEmptyPostsDatabase, useEmptyUsersDatabase } from './testing/use-empty-databases.ts';
import { usersMigrations } from './users/list.ts';

const file = new URL('cli.ts', import.meta.url).pathname;
const usersNames = usersMigrations.map(({ name }) => name);
const postsNames = postsMigrations.map(({ name }) => name);

describe('the migrate command', () => {
  const processes = useProcesses();

  async function migrate(args: string[], env: NodeJS.ProcessEnv) {
    const program = await processes.start({ file, args, env });
    return { exit: await program.exited, stdout: [...program.stdout], stderr: [...program.stderr] };
  }

  async function useEnvironment() {
    return { USERS_DATABASE_URL: await useEmptyUsersDatabase(), POSTS_DATABASE_URL: await useEmptyPostsDatabase() };
  }

  it('takes both databases up, and down by one each', async () => {
    const env = await useEnvironment();
    expect(await migrate(['up'], env)).toMatchObject({ exit: 0, stderr: [] });
    expect(await readUsersStatus(env.USERS_DATABASE_URL)).toEqual({
      applied: usersNames,
      pending: [],
      unknown: [],
    });
    expect(await readPostsStatus(env.POSTS_DATABASE_URL)).toEqual({
      applied: postsNames,
      pending: [],
      unknown: [],
    });
    expect(await migrate(['up'], env)).toEqual({
      exit: 0,
      stdout: ['users: up to date', 'posts: up to date'],
      stderr: [],
    });
    expect(await migrate(['down'], env)).toMatchObject({ exit: 0, stderr: [] });
    expect((await readUsersStatus(env.USERS_DATABASE_URL)).pending).toEqual(usersNames.slice(-1));
    expect((await readPostsStatus(env.POSTS_DATABASE_URL)).pending).toEqual(postsNames.slice(-1));
  });

  it('touches only the database that --only names, and needs only its URL', async () => {
    const { USERS_DATABASE_URL } = await useEnvironment();
    const env = { USERS_DATABASE_URL, POSTS_DATABASE_URL: undefined };
    const { exit, stdout } = await migrate(['up', '--only', 'users'], env);
    expect(exit).toBe(0);
    expect(stdout.join('\n')).not.toContain('posts');
    expect(await migrate(['status'], env)).toMatchObject({ exit: 1 });
  });

  it('is OK five times at once, and each migration ran once', async () => {
    const env = await useEnvironment();
    const runs = await Promise.all([1, 2, 3, 4, 5].map(() => migrate(['up'], env)));
    expect(runs.map(({ exit, stderr }) => ({ exit, stderr }))).toEqual(runs.map(() => ({ exit: 0, stderr: [] })));
    const applied = runs.flatMap(({ stdout }) => stdout.filter((line) => line.includes('applied')));
    const expected = [
      ...usersNames.map((name) => `users: applied ${name}`),
      ...postsNames.map((name) => `posts: applied ${name}`),
    ];
    expect(applied.sort()).toEqual(expected.sort());
  });

  it('shows every migration with its state', async () => {
    const { exit, stdout } = await migrate(['status'], await useEnvironment());
    expect(exit).toBe(0);
    expect(stdout[0]).toMatch(/^database +migration +state$/);
    for (const name of [...usersNames, ...postsNames])
      expect(stdout.join('\n')).toMatch(new RegExp(`${name} +pending`));
  });

  it.each([
    [
      'an unreachable server',
      'postgres://admin:hunter2@127.0.0.1:1/tandem',
      /^cannot use PostgreSQL at 127\.0\.0\.1:1\/tandem \(ECONNREFUSED\)/,
    ],
    ['a bad URL', 'hunter2', /^USERS_DATABASE_URL is not of the form/],
    ['a missing URL', undefined, /^USERS_DATABASE_URL is not set/],
  ])('says %s in one line and exits 1', async (_, url, line) => {
    const { exit, stdout, stderr } = await migrate(['up', '--only', 'users'], { USERS_DATABASE_URL: url });
    expect(exit).toBe(1);
    expect(stdout).toEqual([]);
    expect(stderr).toEqual([expect.stringMatching(line)]);
    expect(stderr.join()).not.toContain('hunter2');
  });

  it('says a MongoDB that cannot be reached in one line and exits 1', async () => {
    const env = { POSTS_DATABASE_URL: 'mongodb://admin:hunter2@127.0.0.1:1/tandem' };
    const { exit, stderr } = await migrate(['status', '--only', 'posts'], env);
    expect(exit).toBe(1);
    expect(stderr).toEqual([
      'cannot use MongoDB at 127.0.0.1:1/tandem (ECONNREFUSED): see that it runs, and check POSTS_DATABASE_URL',
    ]);
  });
});
