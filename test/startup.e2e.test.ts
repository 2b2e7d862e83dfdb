import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runToEnd } from './pair/start-service.ts';
import { usePostsDatabase } from './support/use-posts-database.ts';
import { useUsersDatabase } from './support/use-users-database.ts';

const secret = 'hunter2secret';

it.each(['replicaSet=other', 'directConnection=true&replicaSet=other'])(
  'a start of posts that fails because of %s names the set that it misses',
  { timeout: 90_000 },
  async (query) => {
    const url = (await usePostsDatabase()).split('?')[0];
    const { exit, stderr } = await runToEnd('posts', { POSTS_DATABASE_URL: `${url}?${query}` });
    expect(exit).toBe(1);
    expect(stderr).toEqual([expect.stringMatching(/no replica set named "other".*correct replicaSet in the URL/)]);
  },
);

describe.each(['users', 'posts'] as const)('a start of %s that fails', async (side) => {
  const [migrated, empty] =
    side === 'users'
      ? [await useUsersDatabase(), await useUsersDatabase({ migrated: false })]
      : [await usePostsDatabase(), await usePostsDatabase({ migrated: false })];
  const upper = side.toUpperCase();
  const scheme = side === 'users' ? 'postgres' : 'mongodb';

  /** One line on stderr, no log before it, nothing on stdout, exit 1. */
  async function lineOf(env: NodeJS.ProcessEnv): Promise<string> {
    const { exit, stdout, stderr } = await runToEnd(side, { [`${upper}_DATABASE_URL`]: migrated, ...env });
    expect({ exit, stdout, stderr }).toEqual({ exit: 1, stdout: [], stderr: [expect.any(String)] });
    expect(stderr[0]).not.toContain(secret);
    return stderr[0] ?? '';
  }

  it('because the database is not there', async () => {
    const line = await lineOf({ [`${upper}_DATABASE_URL`]: `${scheme}://name:${secret}@127.0.0.1:1/tandem` });
    expect(line).toContain('127.0.0.1:1');
  });

  it('because the URL is missing, or none, or of another database', async () => {
    expect(await lineOf({ [`${upper}_DATABASE_URL`]: '' })).toContain(`${upper}_DATABASE_URL`);
    expect(await lineOf({ [`${upper}_DATABASE_URL`]: `not a url ${secret}` })).toContain(`${upper}_DATABASE_URL`);
    expect(await lineOf({ [`${upper}_DATABASE_URL`]: `redis://:${secret}@127.0.0.1/0` })).toContain(
      `${upper}_DATABASE_URL`,
    );
  });

  it('because the port in the URL is none', async () => {
    const url = `${scheme}://name:${secret}@127.0.0.1:99999/tandem`;
    expect(await lineOf({ [`${upper}_DATABASE_URL`]: url })).toMatch(/must be a URL|the URL has a form/);
  });

  it('because the database is not migrated', async () => {
    expect(await lineOf({ [`${upper}_DATABASE_URL`]: empty })).toContain('npm run migrate -- up');
  });

  it.each(['LISTEN', 'EDGE_LISTEN'])('because %s is no address', async (variable) => {
    expect(await lineOf({ [`${upper}_${variable}`]: '127.0.0.1:99999' })).toContain(`${upper}_${variable}`);
  });

  it.each(['LISTEN', 'EDGE_LISTEN'])('because the port of %s is taken', async (variable) => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    onTestFinished(() => void taken.close());
    const { port } = taken.address() as { port: number };
    expect(await lineOf({ [`${upper}_${variable}`]: `127.0.0.1:${port}` })).toContain(String(port));
  });

  it('because it would be open to the network, before it looks for its database', async () => {
    const nowhere = `${scheme}://127.0.0.1:1/tandem`;
    expect(await lineOf({ [`${upper}_LISTEN`]: '0.0.0.0:0', [`${upper}_DATABASE_URL`]: nowhere })).toMatch(
      /AUTH_MODE|loopback/,
    );
  });

  it('with all bad variables at once', async () => {
    const line = await lineOf({ [`${upper}_LISTEN`]: 'nowhere', SHUTDOWN_GRACE_MS: 'soon', LOG_LEVEL: 'shout' });
    for (const variable of [`${upper}_LISTEN`, 'SHUTDOWN_GRACE_MS', 'LOG_LEVEL']) expect(line).toContain(variable);
  });
});
