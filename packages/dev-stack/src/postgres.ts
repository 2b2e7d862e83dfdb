import { execFile } from 'node:child_process';
import { access, chown, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import type { DataFolder } from './data-folder.ts';
import { endLeftover } from './end-leftover.ts';
import type { StoreBinary } from './find-on-path.ts';
import type { ProcessGuard } from './process-guard.ts';
import { checkPassable, chooseServerUser, type ServerUser } from './server-user.ts';
import { type StoreProcess, startStoreProcess } from './store-process.ts';

const run = promisify(execFile);
const SUPERUSER = 'tandem';
const DATABASE = 'tandem_users';

/**
 * How every PostgreSQL here is made, in containers too: one order of characters everywhere, whatever the machine's
 * locales are.
 */
export const INITDB_OPTIONS = ['--encoding=UTF8', '--locale-provider=builtin', '--locale=C.UTF-8'] as const;

/** What a store is started with. */
export interface StoreStart {
  readonly binary: StoreBinary;
  readonly folder: DataFolder;
  readonly guard: ProcessGuard;
  readonly port: number;
}

/** A started store and the URL that services take. */
export interface StartedStore {
  readonly process: StoreProcess;
  readonly url: string;
}

/** Starts PostgreSQL on its folder, which is made first where it is new, and makes the users database. */
export async function startPostgres({ binary, folder, guard, port }: StoreStart): Promise<StartedStore> {
  const data = join(folder.path, 'postgres');
  const user = await chooseServerUser();
  if (user !== undefined) await Promise.all([checkPassable(binary.path), checkPassable(data)]);
  await clearLeftovers(data);
  await makeCluster({ binary, data, user, temporary: folder.temporary });
  const process = await startStoreProcess(guard, {
    name: 'PostgreSQL',
    command: binary.path,
    args: ['-D', data, ...settings({ port, temporary: folder.temporary })],
    user,
    logFile: join(folder.path, 'postgres.log'),
    readyText: 'database system is ready to accept connections',
    // Fast shutdown; SIGTERM would wait for every client to leave.
    stopSignal: 'SIGINT',
    // Not SIGKILL: its shared memory would stay behind.
    quickStopSignal: 'SIGQUIT',
  });
  const server = `postgres://${SUPERUSER}@127.0.0.1:${port}`;
  await makeDatabase(`${server}/postgres`);
  return { process, url: `${server}/${DATABASE}` };
}

function settings({ port, temporary }: { port: number; temporary: boolean }): string[] {
  const careless = temporary ? { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' } : {};
  const all = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    port,
    max_connections: 300,
    timezone: 'UTC',
    ...careless,
  };
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** PostgreSQL takes any living process with the old number for itself and refuses to start: the file goes. */
async function clearLeftovers(data: string): Promise<void> {
  const pidFile = join(data, 'postmaster.pid');
  await endLeftover({ pidFile, folder: data });
  await rm(pidFile, { force: true });
}

/** Made beside and renamed: a run killed half-way leaves nothing that looks whole. */
async function makeCluster(cluster: {
  binary: StoreBinary;
  data: string;
  user: ServerUser | undefined;
  temporary: boolean;
}): Promise<void> {
  if (await checkVersion(cluster)) return;
  const building = `${cluster.data}.new`;
  await rm(building, { recursive: true, force: true });
  await mkdir(building, { mode: 0o700 });
  if (cluster.user !== undefined) await chown(building, cluster.user.uid, cluster.user.gid);
  const options = [...INITDB_OPTIONS, '--auth=trust', `--username=${SUPERUSER}`, `--pgdata=${building}`];
  if (cluster.temporary) options.push('--no-sync');
  await run(join(dirname(cluster.binary.path), 'initdb'), options, {
    ...cluster.user,
    env: { ...process.env, LC_ALL: 'C' },
  });
  await rename(building, cluster.data);
}

/** @returns whether there is a cluster. @throws when it is of another major version */
async function checkVersion({ data, binary }: { data: string; binary: StoreBinary }): Promise<boolean> {
  const exists = await access(data).then(
    () => true,
    () => false,
  );
  if (!exists) return false;
  const made = (await readFile(join(data, 'PG_VERSION'), 'utf8')).trim();
  const major = binary.version.split('.')[0];
  if (made === major) return true;
  throw new Error(`${data} was made by PostgreSQL ${made}, but this is ${binary.version}: remove that folder.`);
}

async function makeDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await client.end();
  }
}
