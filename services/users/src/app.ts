import { connectCache, createLimiterClient, type RedisConnection } from '@tandem/cache';
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
import { deleteAuthorPosts } from './jobs/end-deletion.ts';
import { createJobMeter } from './jobs/job-meter.ts';
import { settleUserWithPost } from './jobs/settle-user-with-post.ts';
import { createLoginThrottle } from './logins/login-throttle.ts';
import { createArgon2Hasher } from './passwords/argon2-hasher.ts';
import type { AuthorPosts } from './peers/author-posts.ts';
import { createAuthorPosts } from './peers/posts-client.ts';
import { expiringRows, sweepExpired } from './store/expired-rows.ts';
import type { JobConsumers } from './store/job-store.ts';
import { openUsersDatabase, type UsersDatabase } from './store/open-database.ts';
import { readPageTokenKey } from './store/page-token-keys.ts';
import { type JobWorker, startJobWorker } from './store/postgres-job-worker.ts';
import { createJobSender } from './store/postgres-job-writer.ts';
import type { PostgresPool } from './store/postgres-pool.ts';
import { createPostgresUserStore } from './store/postgres-user-store.ts';
import type { UserStore } from './store/store.ts';

const sweepEveryMs = 60_000;

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
  // Nothing is served from the cache yet; logins are counted there.
  const redis = resources.use(
    await connectCache(config.redisUrl, (line) => void serving.promise.then(() => log.info(line))),
  );
  resources.use(startSweepers(database.pool, log));
  const store = await openStore(database);
  const posts = createAuthorPosts(resources.use(createPostsClient(config.postsTarget, { maxAttempts: 2 })));
  const server = resources.use(await serve(config, { database, redis, store, posts, log }));
  const worker = resources.use(await startJobs(config, { server, store, posts, log }));
  serving.resolve();
  return own(server, worker, resources.move());
}

interface Infrastructure {
  readonly database: UsersDatabase;
  /** Undefined: there is none. */
  readonly redis: RedisConnection | undefined;
  readonly store: UserStore;
  readonly posts: AuthorPosts;
  readonly log: Logger;
}

async function openStore({ pool, eventualSource }: UsersDatabase): Promise<UserStore> {
  const jobs = createJobSender(pool);
  await jobs.prepare();
  return createPostgresUserStore(pool, eventualSource, jobs);
}

async function serve(config: UsersConfig, parts: Infrastructure): Promise<RunningServer> {
  const { database, redis, store, posts, log } = parts;
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
    services: bindServices({ store, posts, passwords, throttle, meter, ...sealed }),
    ...{ listen, edgeListen, authMode, shutdownGraceMs },
    records: store.records,
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
  { server, store, posts, log }: Pick<Infrastructure, 'store' | 'posts' | 'log'> & { readonly server: RunningServer },
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

function startSweepers(pool: PostgresPool, log: Logger): AsyncDisposableStack {
  const sweepers = new AsyncDisposableStack();
  for (const rows of expiringRows) {
    const work = (signal: AbortSignal) => sweepExpired(pool, rows, signal);
    sweepers.use(repeatInBackground({ what: `expired ${rows.what}`, work, log, intervalMs: sweepEveryMs }));
  }
  return sweepers;
}

/** What all replicas share and no caller knows: the first seals page tokens, all open them. */
async function readKeys({ pageTokenKeys }: UsersConfig, pool: PostgresPool): Promise<[Uint8Array, ...Uint8Array[]]> {
  const [first, ...others] = pageTokenKeys;
  return first === undefined ? [await readPageTokenKey(pool)] : [first, ...others];
}
