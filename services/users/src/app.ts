import {
  type CacheMetrics,
  carryBeforeReads,
  carryInvalidations,
  connectCache,
  createCacheMetrics,
  createLimiterClient,
  type InvalidationRecords,
  type RedisConnection,
} from '@tandem/cache';
import { createPostsClient } from '@tandem/contracts';
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
import type { UsersConfig } from './config.ts';
import { bindServices } from './handlers/bind-services.ts';
import { decodeUser, encodeReaders } from './handlers/encoded-user.ts';
import { decodeSession, encodeSession } from './handlers/session-message.ts';
import { deleteAuthorPosts } from './jobs/end-deletion.ts';
import { createJobMeter } from './jobs/job-meter.ts';
import { settleUserWithPost } from './jobs/settle-user-with-post.ts';
import { createLoginThrottle } from './logins/login-throttle.ts';
import { createArgon2Hasher } from './passwords/argon2-hasher.ts';
import type { AuthorPosts } from './peers/author-posts.ts';
import { createAuthorPosts } from './peers/posts-client.ts';
import { type CachedUserStore, createCachedUserStore } from './store/cached-user-store.ts';
import { expiringRows, sweepExpired } from './store/expired-rows.ts';
import type { JobConsumers } from './store/job-store.ts';
import { openUsersDatabase, type UsersDatabase } from './store/open-database.ts';
import { readPageTokenKey } from './store/page-token-keys.ts';
import { createPostgresInvalidations } from './store/postgres-invalidations.ts';
import { type JobWorker, startJobWorker } from './store/postgres-job-worker.ts';
import { createJobSender } from './store/postgres-job-writer.ts';
import type { PostgresPool } from './store/postgres-pool.ts';
import { createPostgresUserStore } from './store/postgres-user-store.ts';
import type { UserStore } from './store/store.ts';

const sweepEveryMs = 60_000;
const carryEveryMs = 1_000;

/** A users service that serves. Disposing it drains the server, then closes the stores. */
export interface UsersService extends AsyncDisposable {
  readonly grpc: RunningServer['grpc'];
  readonly edge: RunningServer['edge'];
  drain(): Promise<void>;
}

/**
 * Starts the users service; resolves when it serves.
 *
 * @throws an error of one clear line for a person, with nothing left running
 */
export async function startUsers(config: UsersConfig): Promise<UsersService> {
  assertLoopback({ name: 'users', ...config });
  await using resources = new AsyncDisposableStack();
  const log = createLogger({ name: 'users', level: config.logLevel });
  const database = resources.use(await openUsersDatabase(config, log));
  // Of a start that fails, the one line that says why is enough.
  const serving = Promise.withResolvers<void>();
  const invalidations = createPostgresInvalidations(database.pool);
  const say = (line: string) => void serving.promise.then(() => log.info(line));
  const redis = resources.use(
    await connectCache(config.redisUrl, say, { beforeReads: carryBeforeReads(invalidations) }),
  );
  resources.use(startBackgroundWork({ database, redis, log }, invalidations));
  const metrics = createCacheMetrics();
  const stores = await openStore(config, { database, redis }, metrics);
  const posts = createAuthorPosts(resources.use(createPostsClient(config.postsTarget, { maxAttempts: 2 })));
  const server = resources.use(await serve(config, { database, redis, stores, posts, log }));
  for (const metric of metrics.metrics) server.metrics.registerMetric(metric);
  const worker = resources.use(await startJobs(config, { server, store: stores.store, posts, log }));
  serving.resolve();
  return own(server, worker, resources.move());
}

interface Infrastructure {
  readonly database: UsersDatabase;
  /** Undefined: there is none. */
  readonly redis: RedisConnection | undefined;
  readonly stores: CachedUserStore;
  readonly posts: AuthorPosts;
  readonly log: Logger;
}

/** With the cache before it where there is one. */
async function openStore(
  { recordsAll }: UsersConfig,
  { database, redis }: Pick<Infrastructure, 'database' | 'redis'>,
  metrics: CacheMetrics,
): Promise<CachedUserStore> {
  const jobs = createJobSender(database.pool);
  await jobs.prepare();
  const store = createPostgresUserStore(database.pool, database.eventualSource, jobs);
  const encoded = encodeReaders(store);
  if (redis === undefined) return { store, encoded };
  metrics.watch(redis);
  const sessionCodec = { encode: encodeSession, decode: decodeSession };
  return createCachedUserStore({ store, encoded, driver: redis, recordsAll, metrics, decodeUser, sessionCodec });
}

async function serve(config: UsersConfig, parts: Infrastructure): Promise<RunningServer> {
  const { database, redis, stores, posts, log } = parts;
  const { pool, probe } = database;
  const { listen, edgeListen, authMode, shutdownGraceMs } = config;
  const passwords = createArgon2Hasher();
  const meter = createImportMeter(log);
  const keys = await readKeys(config, pool);
  const client = redis && createLimiterClient(redis);
  const throttle = createLoginThrottle({ ...config.logins, redis: client, secret: keys[0] });
  const sealed = { paging: createPaging(keys), cursors: createCursors(keys) };
  const server = await startServer({
    name: 'users',
    services: bindServices({ ...stores, posts, passwords, throttle, meter, ...sealed }),
    ...{ listen, edgeListen, authMode, shutdownGraceMs },
    records: stores.store.records,
    secretDigest: passwords.digestSecret,
    probe,
    log,
  });
  server.metrics.registerMetric(meter.rows);
  return server;
}

/** The work that calls left undone. */
async function startJobs(
  { databaseUrl: url }: UsersConfig,
  {
    server,
    store,
    posts,
    log,
  }: Pick<Infrastructure, 'posts' | 'log'> & { readonly server: RunningServer; readonly store: UserStore },
): Promise<JobWorker> {
  const settle = settleUserWithPost({ store, posts });
  const consumers: JobConsumers = {
    'delete-author-posts': deleteAuthorPosts({ store, posts }),
    'settle-user-with-post': async ({ userId }, call) => void (await settle(userId, call)),
  };
  const meter = createJobMeter();
  const worker = await startJobWorker({ url, consumers, log, onRun: meter.countRun });
  meter.watch(() => worker.countJobs());
  for (const metric of meter.metrics) server.metrics.registerMetric(metric);
  return worker;
}

/** The server, and what is closed after it. */
function own(server: RunningServer, worker: JobWorker, resources: AsyncDisposableStack): UsersService {
  return {
    grpc: server.grpc,
    edge: server.edge,
    drain: async () => {
      await Promise.all([server.drain(), worker.stop()]);
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

function startBackgroundWork(
  { database, redis, log }: Pick<Infrastructure, 'database' | 'redis' | 'log'>,
  invalidations: InvalidationRecords,
): AsyncDisposableStack {
  const background = new AsyncDisposableStack();
  for (const rows of expiringRows) {
    const work = (signal: AbortSignal) => sweepExpired(database.pool, rows, signal);
    background.use(repeatInBackground({ what: `expired ${rows.what}`, work, log, intervalMs: sweepEveryMs }));
  }
  if (redis === undefined) return background;
  const work = async (signal: AbortSignal) => void (await carryInvalidations(redis, invalidations, { signal }));
  background.use(repeatInBackground({ what: 'cache invalidations', work, log, intervalMs: carryEveryMs }));
  return background;
}

/** What all replicas share and no caller knows: the first seals page tokens, all open them. */
async function readKeys({ pageTokenKeys }: UsersConfig, pool: PostgresPool): Promise<[Uint8Array, ...Uint8Array[]]> {
  const [first, ...others] = pageTokenKeys;
  return first === undefined ? [await readPageTokenKey(pool)] : [first, ...others];
}
