import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Db, MongoClient, MongoNetworkError, MongoServerError } from 'mongodb';
import { endLeftover } from './end-leftover.ts';
import { holdsWithin } from './holds-within.ts';
import type { StartedStore, StoreStart } from './postgres.ts';
import { startStoreProcess } from './store-process.ts';

const REPLICA_SET = 'tandem';
const DATABASE = 'tandem_posts';
const ALREADY_INITIALIZED = 23;
const PRIMARY_TIMEOUT_MS = 20_000;

/**
 * How long a transaction may stay open. A killed service's transaction blocks its documents for so long: by default a
 * minute. docker-compose.yml and the operations page give the same.
 */
export const TRANSACTION_LIFETIME_LIMIT_SECONDS = 3;

/** Starts MongoDB on its folder as a replica set of one: transactions and change streams need a set. */
export async function startMongodb({ binary, folder, guard, port }: StoreStart): Promise<StartedStore> {
  const data = join(folder.path, 'mongodb');
  await mkdir(data, { recursive: true });
  await endLeftover({ pidFile: join(data, 'mongod.lock'), folder: data });
  const process = await startStoreProcess(guard, {
    name: 'MongoDB',
    command: binary.path,
    args: ['--dbpath', data, ...settings(port)],
    logFile: join(folder.path, 'mongodb.log'),
    readyText: 'Waiting for connections',
    stopSignal: 'SIGTERM',
    quickStopSignal: 'SIGKILL',
  });
  const server = `mongodb://127.0.0.1:${port}`;
  try {
    await formReplicaSet({ server, host: `127.0.0.1:${port}` });
  } catch (error) {
    await process.stop({ quick: true });
    throw error;
  }
  return { process, url: `${server}/${DATABASE}?directConnection=true` };
}

function settings(port: number): string[] {
  const parameters = {
    transactionLifetimeLimitSeconds: TRANSACTION_LIFETIME_LIMIT_SECONDS,
    // A set of one has nobody to hand over to: by default it would wait for 15 s at its end.
    shutdownTimeoutMillisForSignaledShutdown: 100,
    diagnosticDataCollectionEnabled: false,
  };
  const listen = ['--bind_ip', '127.0.0.1', '--port', String(port), '--nounixsocket'];
  // The cache is as large as MongoDB makes it by itself: in a small one whoever writes has to make room first.
  const size = ['--oplogSize', '512'];
  const set = ['--replSet', REPLICA_SET];
  return [
    ...listen,
    ...set,
    ...size,
    ...Object.entries(parameters).flatMap(([k, v]) => ['--setParameter', `${k}=${v}`]),
  ];
}

async function formReplicaSet({ server, host }: { server: string; host: string }): Promise<void> {
  const client = new MongoClient(`${server}/?directConnection=true`);
  try {
    const admin = client.db('admin');
    const config = { _id: REPLICA_SET, members: [{ _id: 0, host }] };
    await admin.command({ replSetInitiate: config }).catch(async (error) => {
      if (!(error instanceof MongoServerError && error.code === ALREADY_INITIALIZED)) throw error;
      await moveMember(admin, host);
    });
    const isPrimary = () =>
      admin.command({ hello: 1 }).then(
        (hello) => hello.isWritablePrimary === true,
        () => false,
      );
    if (await holdsWithin(isPrimary, { timeoutMs: PRIMARY_TIMEOUT_MS })) return;
    throw new Error(`MongoDB on ${host} did not become primary within ${PRIMARY_TIMEOUT_MS / 1000} s.`);
  } finally {
    await client.close();
  }
}

/** A kept folder remembers the port of its last run; under another the member would not find itself in its set. */
async function moveMember(admin: Db, host: string): Promise<void> {
  const { config } = await admin.command({ replSetGetConfig: 1 });
  if (config.members[0].host === host) return;
  const moved = { ...config, version: config.version + 1, members: [{ ...config.members[0], host }] };
  await admin.command({ replSetReconfig: moved, force: true }).catch((error) => {
    // The server drops its connections when its own role changes, this one too: it has taken the new settings by then.
    if (!(error instanceof MongoNetworkError)) throw error;
  });
}
