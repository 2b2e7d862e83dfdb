import { randomBytes, randomUUID } from 'node:crypto';
import { createPostsClient, createUsersClient } from '@tandem/contracts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { refusalOf } from './pair/refusal.ts';
import { type RunningService, startService } from './pair/start-service.ts';
import { usePostsDatabase } from './support/use-posts-database.ts';
import { useUsersDatabase } from './support/use-users-database.ts';

const titles = ['One', 'Three', 'Two'];

interface Page {
  readonly names: string[];
  readonly next: string;
}

/** One row of the three, by name, as the service of this side tells it. */
type ReadPage = (service: RunningService, pageToken: string) => Promise<Page>;

async function readUsers({ grpc }: RunningService, pageToken: string, namePrefix = ''): Promise<Page> {
  await using client = createUsersClient(grpc, { maxAttempts: 1 });
  const { users, nextPageToken } = await client.listUsers({
    filter: { namePrefix },
    orderBy: 'name',
    pageSize: 1,
    pageToken,
  });
  return { names: users.map(({ name }) => `${name}`), next: nextPageToken };
}

const readPosts: ReadPage = async ({ grpc }, pageToken) => {
  await using client = createPostsClient(grpc, { maxAttempts: 1 });
  const { posts, nextPageToken } = await client.listPosts({ orderBy: 'title', pageSize: 1, pageToken });
  return { names: posts.map(({ title }) => `${title}`), next: nextPageToken };
};

const searchPosts: ReadPage = async ({ grpc }, pageToken) => {
  await using client = createPostsClient(grpc, { maxAttempts: 1 });
  const { hits, nextPageToken } = await client.searchPosts({ query: 'word', pageSize: 1, pageToken });
  return { names: hits.map(({ post }) => `${post?.title}`), next: nextPageToken };
};

describe('a page token', { timeout: 180_000 }, async () => {
  const urls = { USERS_DATABASE_URL: await useUsersDatabase(), POSTS_DATABASE_URL: await usePostsDatabase() };

  /** Three users, and three posts by the first of them. */
  async function seed(usersService: RunningService, postsService: RunningService): Promise<void> {
    await using users = createUsersClient(usersService.grpc);
    await using posts = createPostsClient(postsService.grpc);
    const authorId = randomUUID();
    for (const [n, name] of titles.entries()) {
      await users.createUser({ email: `page${n}@e2e.example`, name, ...(n === 0 ? { userId: authorId } : {}) });
    }
    for (const title of titles) await posts.createPost({ authorId, title, content: 'word', published: true });
  }

  /** Neither finds a key in a fresh database: both make one, and must agree. */
  async function startTwo(name: 'users' | 'posts', env: NodeJS.ProcessEnv) {
    const start = async () => {
      const service = await startService(name, env);
      onTestFinished(() => service[Symbol.asyncDispose]());
      return service;
    };
    return await Promise.all([start(), start()] as const);
  }

  it('opens in another process of the service, begun at the same time, and after a restart', async () => {
    const [first, second] = await startTwo('users', urls);
    const [firstPosts, secondPosts] = await startTwo('posts', { ...urls, USERS_TARGET: first.grpc });
    await seed(first, firstPosts);
    const walks: { name: 'users' | 'posts'; read: ReadPage; services: readonly [RunningService, RunningService] }[] = [
      { name: 'users', read: readUsers, services: [first, second] },
      { name: 'posts', read: readPosts, services: [firstPosts, secondPosts] },
      { name: 'posts', read: searchPosts, services: [firstPosts, secondPosts] },
    ];
    const begun = [];
    for (const { name, read, services } of walks) {
      const one = await read(services[0], '');
      const two = await read(services[1], one.next);
      begun.push({ name, read, names: [...one.names, ...two.names], next: two.next });
    }
    for (const service of [firstPosts, secondPosts, first, second]) {
      service.signal('SIGKILL');
      await service.exited;
    }
    await using usersAgain = await startService('users', urls);
    await using postsAgain = await startService('posts', urls);
    for (const { name, read, names, next } of begun) {
      const three = await read(name === 'users' ? usersAgain : postsAgain, next);
      expect([...names, ...three.names].sort()).toEqual(titles);
      expect(three.next).toBe('');
    }
  });

  it('opens with any of the keys that are set, the first of which seals, and with no other', async () => {
    const [older, newer] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')];
    const start = (PAGE_TOKEN_KEYS: string) => startService('users', { ...urls, PAGE_TOKEN_KEYS });
    await using before = await start(older);
    await using client = createUsersClient(before.grpc);
    const namePrefix = 'Rotated';
    for (const n of [1, 2, 3])
      await client.createUser({ email: `rotated${n}@e2e.example`, name: `${namePrefix} ${n}` });
    const read = (service: RunningService, pageToken: string) => readUsers(service, pageToken, namePrefix);
    await using during = await start(`${newer},${older}`);
    await using after = await start(newer);
    const old = (await read(before, '')).next;
    const young = (await read(during, old)).next;
    expect((await read(after, young)).names).toEqual(['Rotated 3']);
    for (const [service, token] of [
      [after, old],
      [before, young],
    ] as const) {
      expect(await refusalOf(read(service, token))).toMatchObject({ reason: 'PAGE_TOKEN_INVALID' });
    }
  });
});
