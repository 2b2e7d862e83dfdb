import { type DevStack, type StoreName, startDevStack } from '@tandem/dev-stack';
import { migratePosts, migrateUsers } from '@tandem/migrations';

/** What the stores are started with. */
export interface StoresOptions {
  readonly dataDir: string;
  readonly say: (line: string) => void;
  /** Called when a database ends by itself, with a line that tells so; a Redis that does is started again. */
  readonly onLost: (line: string) => void;
}

/** The variables under which the services, and every other command, find the stores. */
export type StoreVariables = Record<'USERS_DATABASE_URL' | 'POSTS_DATABASE_URL' | 'REDIS_URL', string>;

/** The stores, found or started under a kept folder, migrated. @throws in one clear line, with nothing left running */
export async function startStores({ dataDir, say, onLost }: StoresOptions): Promise<DevStack> {
  await using resources = new AsyncDisposableStack();
  // A cache may vanish, and come back; a database that ends has a reason that a restart would hide.
  const onStoreLost = (name: StoreName, line: string) =>
    name === 'redis' ? say(`${line}. It goes on without a cache.`) : onLost(`${line}. Everything is stopped.`);
  const stack = resources.use(await startDevStack({ dataDir, log: say, restart: ['redis'], onStoreLost }));
  await Promise.all([
    migrateUsers({ url: stack.usersDatabaseUrl, log: say }),
    migratePosts({ url: stack.postsDatabaseUrl, log: say }),
  ]);
  resources.move();
  return stack;
}

/** The variables of a stack. */
export function nameStores(stack: DevStack): StoreVariables {
  return {
    USERS_DATABASE_URL: stack.usersDatabaseUrl,
    POSTS_DATABASE_URL: stack.postsDatabaseUrl,
    REDIS_URL: stack.redisUrl,
  };
}
