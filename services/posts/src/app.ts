import {
  type CacheMetrics,
  carryBeforeReads,
  carryInvalidations,
  connectCache,
  createCacheMetrics,
  type InvalidationRecords,
  type RedisConnection,
} from '@tandem/cache';
import { createUsersClient } from '@tandem/contracts';
import {
  assertLoopback,
  createCursors,
  createImportMeter,
  createLogger,
  createPaging,
  type Logger,
  type RunningServer,
  repeatInBackground,
  startServer,
} from '@tandem/rpc';
import type { MongoClient } from 'mongodb';
import type { PostsConfig } from './config.ts';
import { bindServices } from './handlers/bind-services.ts';
import { decodePost, encodePost, encodeReaders } from './handlers/encoded-post.ts';
import type { AuthorDirectory } from './peers/author-directory.ts';
import { createUsersDirectory } from './peers/users-directory.ts';
import { type CachedPostStore, createCachedPostStore } from './store/cached-post-store.ts';
import { createMongoInvalidations } from './store/mongo-invalidations.ts';
import { readServiceSecret } from './store/mongo-secrets.ts';
import { createMongoStore } from './store/mongo-store.ts';
import { openPostsDatabase } from './store/open-database.ts';
import { keepStatistics } from './store/statistics/keep-statistics.ts';
import type { PostStore } from './store/store.ts';

const carryEveryMs = 1_000;

/** A posts service that serves. Disposing it drains the server, then closes the stores. */
export interface PostsService extends AsyncDisposable {
  readonly grpc: RunningServer['grpc'];
  readonly edge: RunningServer['edge'];
  drain(): Promise<void>;
}

/**
 * Starts the posts service; resolves when it serves.
 *
 * @throws an error of one clear line for a person, with nothing left running
 */
export async function startPosts(config: PostsConfig): Promise<PostsService> {
  assertLoopback({ name: 'posts', ...config });
  await using resources = new AsyncDisposableStack();
  const log = createLogger({ name: 'posts', level: config.logLevel });
  const client = await openPostsDatabase(config.databaseUrl);
  const store = resources.use(createMongoStore(client));
  const keeper = resources.use(keepStatistics(client, { log }));
  // Of a start that fails, the one line that says why is enough.
  const serving = Promise.withResolvers<void>();
  const invalidations = createMongoInvalidations(client.db());
  const say = (line: string) => void serving.promise.then(() => log.info(line));
  const redis = resources.use(
    await connectCache(config.redisUrl, say, { beforeReads: carryBeforeReads(invalidations) }),
  );
  if (redis !== undefined) resources.use(carryInBackground({ redis, invalidations, log }));
  const metrics = createCacheMetrics();
  const stores = cacheStore({ store, redis, recordsAll: config.recordsAll, metrics });
  const authors = createUsersDirectory(resources.use(createUsersClient(config.usersTarget)));
  const server = resources.use(await serve(config, { client, stores, authors, log }));
  for (const metric of metrics.metrics) server.metrics.registerMetric(metric);
  serving.resolve();
  const owned = resources.move();
  return {
    grpc: server.grpc,
    edge: server.edge,
    drain: async () => {
      await Promise.all([server.drain(), keeper.stop()]);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function carryInBackground({
  redis,
  invalidations,
  log,
}: {
  readonly redis: RedisConnection;
  readonly invalidations: InvalidationRecords;
  readonly log: Logger;
}): AsyncDisposable {
  const work = async (signal: AbortSignal) => void (await carryInvalidations(redis, invalidations, { signal }));
  return repeatInBackground({ what: 'cache invalidations', work, log, intervalMs: carryEveryMs });
}

/** With the cache before it where there is one. */
function cacheStore({
  store,
  redis,
  recordsAll,
  metrics,
}: {
  readonly store: PostStore;
  readonly recordsAll: boolean;
  /** Undefined: there is none. */
  readonly redis: RedisConnection | undefined;
  readonly metrics: CacheMetrics;
}): CachedPostStore {
  const encoded = encodeReaders(store);
  if (redis === undefined) return { store, encoded };
  metrics.watch(redis);
  const codec = { encode: encodePost, decode: decodePost };
  return createCachedPostStore({ store, encoded, driver: redis, recordsAll, metrics, codec });
}

interface Infrastructure {
  readonly client: MongoClient;
  readonly stores: CachedPostStore;
  readonly authors: AuthorDirectory;
  readonly log: Logger;
}

async function serve(config: PostsConfig, { client, stores, authors, log }: Infrastructure): Promise<RunningServer> {
  const { listen, edgeListen, authMode, shutdownGraceMs, pageTokenKeys } = config;
  const meter = createImportMeter(log);
  const keys = pageTokenKeys.length > 0 ? pageTokenKeys : [await readServiceSecret(client.db(), 'page_token_key')];
  const sealed = { paging: createPaging(keys), cursors: createCursors(keys) };
  const server = await startServer({
    name: 'posts',
    services: bindServices({ ...stores, authors, meter, ...sealed }),
    ...{ listen, edgeListen, authMode, shutdownGraceMs },
    records: stores.store.records,
    probe: stores.store.probe,
    log,
  });
  server.metrics.registerMetric(meter.rows);
  return server;
}
