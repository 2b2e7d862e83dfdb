import { createPostsClient, createUsersClient, type PostsClient, type UsersClient } from '@tandem/contracts';
import { afterAll, inject } from 'vitest';
import { usePostsDatabase } from '../support/use-posts-database.ts';
import { useUsersDatabase } from '../support/use-users-database.ts';
import { pickPort } from './pick-port.ts';
import { type RunningService, startService } from './start-service.ts';

/** Both services, each on a fresh database, knowing each other, and a client for each. */
export interface Pair {
  readonly usersService: RunningService;
  readonly postsService: RunningService;
  readonly users: UsersClient;
  readonly posts: PostsClient;
  readonly usersEnv: NodeJS.ProcessEnv;
  readonly postsEnv: NodeJS.ProcessEnv;
}

/**
 * The pair for this file, stopped after it. Clients do not retry: a test sees every answer.
 *
 * @param env of both services, beside what they need to know each other
 */
export async function usePair(env: NodeJS.ProcessEnv = {}): Promise<Pair> {
  const [usersPort, postsPort] = [await pickPort(), await pickPort()];
  const shared = { REDIS_URL: inject('redisUrl'), ...env };
  const usersEnv = {
    ...shared,
    USERS_DATABASE_URL: await useUsersDatabase(),
    USERS_LISTEN: `127.0.0.1:${usersPort}`,
    POSTS_TARGET: `127.0.0.1:${postsPort}`,
  };
  const postsEnv = {
    ...shared,
    POSTS_DATABASE_URL: await usePostsDatabase(),
    POSTS_LISTEN: `127.0.0.1:${postsPort}`,
    USERS_TARGET: `127.0.0.1:${usersPort}`,
  };
  const owned = new AsyncDisposableStack();
  afterAll(() => owned.disposeAsync());
  const [usersService, postsService] = await Promise.all([
    startService('users', usersEnv).then((service) => owned.use(service)),
    startService('posts', postsEnv).then((service) => owned.use(service)),
  ]);
  const users = owned.use(createUsersClient(usersService.grpc, { maxAttempts: 1 }));
  const posts = owned.use(createPostsClient(postsService.grpc, { maxAttempts: 1 }));
  return { usersService, postsService, users, posts, usersEnv, postsEnv };
}
