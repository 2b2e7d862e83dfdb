import { ConnectError } from '@connectrpc/connect';
import { createPostsClient, type PostsClient } from '@tandem/contracts';
import { ErrorInfoSchema } from '@tandem/contracts/wire';
import { formatAddress } from '@tandem/rpc';
import { afterAll, afterEach } from 'vitest';
import { usePostsDatabase } from '../../../../test/support/use-posts-database.ts';
import { startPosts } from '../app.ts';
import { readPostsConfig } from '../config.ts';
import { startUsersStub, type UsersStub } from './users-stub.ts';

export interface TestService {
  /** The database's. */
  readonly url: string;
  /** Does not try again by itself. */
  readonly client: PostsClient;
  readonly users: UsersStub;
}

/** The whole posts service on a fresh database, asking a users service that tests steer. */
export async function usePostsService(): Promise<TestService> {
  const url = await usePostsDatabase();
  const resources = new AsyncDisposableStack();
  afterAll(() => resources.disposeAsync());
  const users = resources.use(await startUsersStub());
  const service = await startPosts(
    readPostsConfig({
      POSTS_DATABASE_URL: url,
      USERS_TARGET: users.target,
      POSTS_LISTEN: '127.0.0.1:0',
      POSTS_EDGE_LISTEN: '127.0.0.1:0',
      LOG_LEVEL: 'silent',
      SHUTDOWN_GRACE_MS: '500',
    }),
  );
  resources.use(service);
  const client = resources.use(createPostsClient(formatAddress(service.grpc), { maxAttempts: 1 }));
  afterEach(() => users.behave('well'));
  return { url, client, users };
}

/** The reason that a call is refused with. */
export async function reasonOf(call: Promise<unknown>): Promise<string | undefined> {
  const error = await call.then(
    () => new Error('It was not refused.'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ConnectError)) throw error;
  return error.findDetails(ErrorInfoSchema)[0]?.reason;
}
