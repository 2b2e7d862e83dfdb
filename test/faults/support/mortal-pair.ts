import { afterAll } from 'vitest';
import { pickPort } from '../../pair/pick-port.ts';
import { usePostsDatabase } from '../../support/use-posts-database.ts';
import { useUsersDatabase } from '../../support/use-users-database.ts';
import { MortalService } from './mortal-service.ts';

/** Both services, each on a fresh database and knowing each other, to be killed. */
export interface MortalPair {
  readonly users: MortalService<'users'>;
  readonly posts: MortalService<'posts'>;
  /** Past the services. */
  readonly usersUrl: string;
  readonly postsUrl: string;
}

/** The pair for this file, stopped after it. */
export async function useMortalPair(): Promise<MortalPair> {
  const [usersPort, postsPort] = [await pickPort(), await pickPort()];
  const [usersUrl, postsUrl] = [await useUsersDatabase(), await usePostsDatabase()];
  const owned = new AsyncDisposableStack();
  afterAll(() => owned.disposeAsync());
  const [usersTarget, postsTarget] = [`127.0.0.1:${usersPort}`, `127.0.0.1:${postsPort}`];
  const quiet = { LOG_LEVEL: 'error' };
  const usersEnv = { USERS_DATABASE_URL: usersUrl, USERS_LISTEN: usersTarget, POSTS_TARGET: postsTarget, ...quiet };
  const postsEnv = { POSTS_DATABASE_URL: postsUrl, POSTS_LISTEN: postsTarget, USERS_TARGET: usersTarget, ...quiet };
  const users = owned.use(await MortalService.start('users', usersEnv));
  const posts = owned.use(await MortalService.start('posts', postsEnv));
  return { users, posts, usersUrl, postsUrl };
}
