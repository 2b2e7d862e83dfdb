import { connectCache, createLimiterClient } from '@tandem/cache';
import { PointsService, UserService } from '@tandem/contracts/users';
import {
  assertLoopback,
  type BoundService,
  bind,
  type Cursors,
  createCursors,
  createImportMeter,
  createLogger,
  createPaging,
  type ImportMeter,
  type Paging,
  type RunningServer,
  startServer,
} from '@tandem/rpc';
import type { UsersConfig } from './config.ts';
import { batchGetUsers } from './handlers/batch-get-users.ts';
import { bindSessionService } from './handlers/bind-session-service.ts';
import { changePassword } from './handlers/change-password.ts';
import { countUsers } from './handlers/count-users.ts';
import { createUser } from './handlers/create-user.ts';
import { deleteUser } from './handlers/delete-user.ts';
import { exportUsers } from './handlers/export-users.ts';
import { getTransfer } from './handlers/get-transfer.ts';
import { getUser } from './handlers/get-user.ts';
import { getUserByEmail } from './handlers/get-user-by-email.ts';
import { getUserStats } from './handlers/get-user-stats.ts';
import { grantPoints } from './handlers/grant-points.ts';
import { importUsers } from './handlers/import-users.ts';
import { listTransfers } from './handlers/list-transfers.ts';
import { listUsers } from './handlers/list-users.ts';
import { searchUsers } from './handlers/search-users.ts';
import { transferPoints } from './handlers/transfer-points.ts';
import { updateUser } from './handlers/update-user.ts';
import { createLoginThrottle } from './logins/login-throttle.ts';
import { type Argon2Hasher, createArgon2Hasher } from './passwords/argon2-hasher.ts';
import { openUsersDatabase } from './store/open-database.ts';
import { readPageTokenKey } from './store/page-token-keys.ts';
import type { PostgresPool } from './store/postgres-pool.ts';
import { createPostgresUserStore } from './store/postgres-user-store.ts';
import { expiringRows, startRecordSweeper, sweepExpired } from './store/record-sweeper.ts';
import type { UserStore } from './store/store.ts';

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
  const { pool, eventualSource, probe } = resources.use(await openUsersDatabase(config, log));
  // Of a start that fails, the one line that says why is enough.
  const serving = Promise.withResolvers<void>();
  // Nothing is served from the cache yet; logins are counted there.
  const redis = resources.use(
    await connectCache(config.redisUrl, (line) => void serving.promise.then(() => log.info(line))),
  );
  const store = createPostgresUserStore(pool, eventualSource);
  for (const rows of expiringRows) {
    const { what } = rows;
    resources.use(startRecordSweeper({ what, sweep: (signal) => sweepExpired(pool, rows, signal), log }));
  }
  const passwords = createArgon2Hasher();
  const meter = createImportMeter(log);
  const keys = await readKeys(config, pool);
  const paging = createPaging(keys);
  const client = redis && createLimiterClient(redis);
  const throttle = createLoginThrottle({ ...config.logins, redis: client, secret: keys[0] });
  const server = await startServer({
    name: 'users',
    services: [
      bindPointsService({ store, paging }),
      bindUserService({ store, passwords, paging, cursors: createCursors(keys), meter }),
      bindSessionService({ store, passwords, paging, throttle }),
    ],
    listen: config.listen,
    edgeListen: config.edgeListen,
    authMode: config.authMode,
    records: store.records,
    secretDigest: passwords.digestSecret,
    probe,
    log,
    shutdownGraceMs: config.shutdownGraceMs,
  });
  resources.use(server);
  server.metrics.registerMetric(meter.rows);
  serving.resolve();
  const owned = resources.move();
  return {
    grpc: server.grpc,
    edge: server.edge,
    drain: () => server.drain(),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** What all replicas share and no caller knows: the first seals page tokens, all open them. */
async function readKeys({ pageTokenKeys }: UsersConfig, pool: PostgresPool): Promise<[Uint8Array, ...Uint8Array[]]> {
  const [first, ...others] = pageTokenKeys;
  return first === undefined ? [await readPageTokenKey(pool)] : [first, ...others];
}

interface HandlerDependencies {
  readonly store: UserStore;
  readonly passwords: Argon2Hasher;
  readonly paging: Paging;
  readonly cursors: Cursors;
  readonly meter: ImportMeter;
}

function bindUserService({ store, passwords, paging, cursors, meter }: HandlerDependencies): BoundService {
  const { records } = store;
  return bind(UserService, {
    createUser: createUser({ store, records, passwords }),
    getUser: getUser(store),
    getUserByEmail: getUserByEmail(store),
    batchGetUsers: batchGetUsers(store),
    listUsers: listUsers({ readers: store, paging }),
    countUsers: countUsers(store),
    getUserStats: getUserStats(store),
    searchUsers: searchUsers({ readers: store, paging }),
    updateUser: updateUser(store),
    changePassword: changePassword({ store, records, passwords }),
    deleteUser: deleteUser(store),
    importUsers: importUsers({ store, meter }),
    exportUsers: exportUsers({ reader: store.reader, cursors }),
  });
}

function bindPointsService({ store, paging }: Pick<HandlerDependencies, 'store' | 'paging'>): BoundService {
  return bind(PointsService, {
    transferPoints: transferPoints(store),
    grantPoints: grantPoints(store),
    getTransfer: getTransfer(store.points),
    listTransfers: listTransfers({ readers: store.points, paging }),
  });
}
