import { randomUUID } from 'node:crypto';
import { createPostsClient, createUsersClient } from '@tandem/contracts';
import { isProcessAlive, startDevStack, waitUntil } from '@tandem/dev-stack';
import { migratePosts } from '@tandem/migrations';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { followPosts } from '../pair/follow-posts.ts';
import { startService } from '../pair/start-service.ts';
import { useUsersDatabase } from '../support/use-users-database.ts';

describe('posts that are watched while MongoDB is killed and comes back', { timeout: 180_000 }, async () => {
  const owned = new AsyncDisposableStack();
  afterAll(() => owned.disposeAsync());
  const { PATH, HOME } = process.env;
  const stack = owned.use(await startDevStack({ only: ['mongodb'], restart: ['mongodb'], env: { PATH, HOME } }));
  const url = stack.postsDatabaseUrl;
  await migratePosts({ url });
  const usersService = owned.use(await startService('users', { USERS_DATABASE_URL: await useUsersDatabase() }));
  const users = owned.use(createUsersClient(usersService.grpc));
  const env = { POSTS_DATABASE_URL: url, USERS_TARGET: usersService.grpc };
  const service = owned.use(await startService('posts', env));
  const posts = owned.use(createPostsClient(service.grpc));
  const author = randomUUID();
  beforeAll(() => users.createUser({ email: 'killed@faults.example', name: 'Author', userId: author }));

  /** Creates posts until told to stop; what was not acknowledged may be there or not. */
  function startCreating() {
    const [acknowledged, attempted]: [Set<string>, Set<string>] = [new Set(), new Set()];
    let stopped = false;
    const lane = async () => {
      while (!stopped) {
        const postId = randomUUID();
        attempted.add(postId);
        await posts.createPost({ authorId: author, title: 'A title', content: 'Content', postId }).then(
          () => acknowledged.add(postId),
          () => undefined,
        );
      }
    };
    const lanes = Promise.all(Array.from({ length: 4 }, lane));
    const stop = async () => {
      stopped = true;
      await lanes;
    };
    return { acknowledged, attempted, stop };
  }

  async function killMongod(): Promise<void> {
    const pid = stack.processes.find(({ name }) => name === 'mongodb')!.pid;
    process.kill(pid, 'SIGKILL');
    await waitUntil(() => !isProcessAlive(pid), { timeoutMs: 60_000 });
  }

  it('lose nothing that was acknowledged and are told once and in one order', async () => {
    const filter = { authorId: author };
    const followers = Array.from({ length: 3 }, () => followPosts(() => posts, filter));
    for (const { begun } of followers) await begun;
    const { acknowledged, attempted, stop } = startCreating();
    for (let kill = 0; kill < 2; kill += 1) {
      const before = acknowledged.size;
      await waitUntil(() => acknowledged.size >= before + 20, { timeoutMs: 60_000 });
      await killMongod();
    }
    const before = acknowledged.size;
    await waitUntil(() => acknowledged.size >= before + 20, { timeoutMs: 60_000 });
    await stop();
    const idOf = (line: string) => line.split(' ')[1] ?? '';
    const hasAll = ({ seen }: { seen: readonly string[] }) => {
      const ids = new Set(seen.map(idOf));
      return [...acknowledged].every((id) => ids.has(id));
    };
    await waitUntil(() => followers.every(hasAll), { timeoutMs: 30_000 });
    const orders = followers.map(({ seen }) => seen.filter((line) => acknowledged.has(idOf(line))));
    for (const { seen, stop: leave } of followers) {
      await leave();
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen.filter((line) => !attempted.has(idOf(line)))).toEqual([]);
    }
    for (const order of orders) expect(order).toEqual(orders[0]);
  });
});
