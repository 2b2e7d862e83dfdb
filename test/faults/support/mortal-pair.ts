import { afterAll, inject } from 'vitest';
import { pickPort } from '../../pair/pick-port.ts';
import { usePostsDatabase } from '../../support/use-posts-database.ts';
import { useUsersDatabase } from '../../support/use-users-database.ts';
import { MortalService } from './mortal-service.ts';

/** Both services, each on a fresh database, with the cache and knowing each other, to be killed. */
export interface MortalPair {
  readonly users: MortalService<'users'>;
  readonly posts: MortalService<'posts'>;
  /** Past the services. */
  readonly usersUrl: string;
  readonly postsUrl: string;
}

/** How a service reaches its database, by the database's own URL. */
type Way = (url: string, service: 'users' | 'posts') => Promise<string>;

/**
 * The pair for this file, stopped after it.
 *
 * @param way default: straight
 */
export async function useMortalPair(way: Way = async (url) => url): Promise<MortalPair> {
  const [usersPort, postsPort] = [await pickPort(), await pickPort()];
  const [usersUrl, postsUrl] = [await useUsersDatabase(), await usePostsDatabase()];
  const owned = new AsyncDisposableStack();
  afterAll(() => owned.disposeAsync());
  const [usersTarget, postsTarget] = [`127.0.0.1:${usersPort}`, `127.0.0.1:${postsPort}`];
  const shared = { REDIS_URL: inject('redisUrl'), LOG_LEVEL: 'error' };
  const usersEnv = {
    ...shared,
    USERS_DATABASE_URL: await way(usersUrl, 'users'),
    USERS_LISTEN: usersTarget,
    POSTS_TARGET: postsTarget,
  };
  const postsEnv = {
    ...shared,
    POSTS_DATABASE_URL: await way(postsUrl, 'posts'),
    POSTS_LISTEN: postsTarget,
    USERS_TARGET: usersTarget,
  };
  const users = owned.use(await MortalService.start('users', usersEnv));
  const posts = owned.use(await MortalService.start('posts', postsEnv));
  return { users, posts, usersUrl, postsUrl };
}
