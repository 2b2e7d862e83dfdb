import { nameSetUrl, type PostSet } from '../posts/post-sets.ts';
import { seedPlainPosts, seedPosts } from '../posts/seed-posts.ts';
import type { BenchStores } from '../stores/bench-stores.ts';
import type { ServerProgram } from '../workload.ts';

/** Connections to PostgreSQL, of each side. */
export const POOL_SIZE = 10;

/** The users service, as it is shipped. */
export const tandemUsers: ServerProgram = {
  name: 'users service',
  file: new URL('../../../services/users/src/main.ts', import.meta.url),
  env: ({ usersDatabaseUrl, redisUrl }: BenchStores) => ({
    USERS_DATABASE_URL: usersDatabaseUrl,
    REDIS_URL: redisUrl,
    USERS_LISTEN: '127.0.0.1:0',
    USERS_EDGE_LISTEN: '127.0.0.1:0',
    LOG_LEVEL: 'error',
    USERS_DATABASE_POOL_SIZE: String(POOL_SIZE),
    USERS_DATABASE_POOL_OVERFLOW: '0',
  }),
};

/** The same without a cache. */
export const tandemUsersUncached: ServerProgram = {
  ...tandemUsers,
  name: 'users service without Redis',
  env: (stores, usersTarget) => {
    const { REDIS_URL: _, ...others } = tandemUsers.env(stores, usersTarget);
    return others;
  },
};

/** The same with a cache, and each write on record. */
export const tandemUsersRecording: ServerProgram = {
  ...tandemUsers,
  name: 'users service, writes on record',
  env: (...where) => ({ ...tandemUsers.env(...where), CACHE_INVALIDATION_RECORDS: 'all' }),
};

/** The whole call pipeline of `@tandem/rpc` round a handler without a store. */
export const tandemEcho: ServerProgram = {
  name: 'pipeline echo',
  file: new URL('./tandem-echo.ts', import.meta.url),
  env: () => ({}),
};

/** grpc-js, and nothing else: what the transport costs by itself. */
export const bareEcho: ServerProgram = {
  name: 'bare echo',
  file: new URL('./bare-echo.ts', import.meta.url),
  env: () => ({}),
};

/** The peer with its stores. */
export const plain: ServerProgram = {
  name: 'plain',
  file: new URL('../plain/main.ts', import.meta.url),
  env: ({ usersDatabaseUrl, redisUrl }: BenchStores) => ({
    DATABASE_URL: usersDatabaseUrl,
    REDIS_URL: redisUrl,
    POOL_SIZE: String(POOL_SIZE),
  }),
};

/** The peer's way to serve, round a handler without a store. */
export const plainEcho: ServerProgram = {
  name: 'plain echo',
  file: new URL('../plain/echo.ts', import.meta.url),
  env: () => ({}),
};

/** The posts service, as it is shipped, on a set of posts. */
export const tandemPosts = ofEachSet((set) => ({
  name: `posts service, ${set} set`,
  file: new URL('../../../services/posts/src/main.ts', import.meta.url),
  users: tandemUsers,
  seed: (stores) => seedPosts(stores, set),
  env: (stores, usersTarget) => ({
    POSTS_DATABASE_URL: nameSetUrl(stores, { side: 'tandem', set }),
    USERS_TARGET: usersTarget,
    REDIS_URL: stores.redisUrl,
    POSTS_LISTEN: '127.0.0.1:0',
    POSTS_EDGE_LISTEN: '127.0.0.1:0',
    LOG_LEVEL: 'error',
  }),
}));

/** The peer on the same posts. */
export const plainPosts = ofEachSet((set) => ({
  name: `plain posts, ${set} set`,
  file: new URL('../plain/posts-main.ts', import.meta.url),
  users: plain,
  seed: (stores) => seedPlainPosts(stores, set),
  env: (stores, usersTarget) => ({
    DATABASE_URL: nameSetUrl(stores, { side: 'plain', set }),
    USERS_TARGET: usersTarget,
    POOL_SIZE: String(POOL_SIZE),
  }),
}));

function ofEachSet(make: (set: PostSet) => ServerProgram): Readonly<Record<PostSet, ServerProgram>> {
  return { large: make('large'), small: make('small'), imports: make('imports') };
}
