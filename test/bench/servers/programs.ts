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
