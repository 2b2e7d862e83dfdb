import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newAttempts } from './attempts.ts';
import { type DataFolder, makeTemporaryFolder } from './data-folder.ts';
import { explainMissing } from './explain-missing.ts';
import { findBinary } from './find-binary.ts';
import type { StoreBinary } from './find-on-path.ts';
import { findFreePort } from './free-port.ts';
import { ProcessGuard } from './process-guard.ts';
import { startRedisServer } from './redis.ts';
import { sendRedisCommands } from './redis-command.ts';
import { type StoreProcess, startStoreProcess } from './store-process.ts';
import { waitUntil } from './wait-until.ts';

/** One server of a group. */
export interface RedisServer {
  readonly port: number;
  readonly url: string;
  readonly pid: number;
}

/** Several Redis servers on one machine, for tests. Disposing ends them; they end with this process, also when it is killed. */
export interface RedisGroup extends AsyncDisposable {
  /** As REDIS_URL takes it. */
  readonly url: string;
  /** Of a Cluster, its masters; behind a Sentinel, the first master and its replica. */
  readonly servers: readonly RedisServer[];
}

const slotCount = 16_384;
const readyTimeoutMs = 30_000;

/** Starts a Cluster of three masters without replicas, the slots shared out evenly, and waits until all of them know it. */
export async function startRedisCluster(): Promise<RedisGroup> {
  return await startGroup(async (servers) => {
    const nodes = [];
    for (const name of ['node-1', 'node-2', 'node-3']) {
      // The usual bus port is 10000 above the port, which not every free port allows.
      const busPort = await findFreePort();
      const settings = { 'cluster-enabled': 'yes', 'cluster-node-timeout': 4_000, 'cluster-port': busPort };
      nodes.push({ busPort, ...(await servers.start(name, settings)) });
    }
    await joinCluster(nodes);
    return { url: nodes.map(({ url }) => url).join(','), servers: nodes };
  });
}

/** Starts a master with a replica, and a Sentinel that makes the replica master when the master is gone for half a second. */
export async function startRedisSentinel(): Promise<RedisGroup> {
  return await startGroup(async (servers) => {
    const master = await servers.start('master', { 'repl-diskless-sync-delay': 0 });
    const replica = await servers.start('replica', {});
    await sendRedisCommands(replica.url, [['REPLICAOF', '127.0.0.1', String(master.port)]]);
    const sentinel = await servers.startSentinel(master);
    await waitUntil(() => knowsReplica(sentinel.port), { timeoutMs: readyTimeoutMs });
    return { url: `redis+sentinel://127.0.0.1:${sentinel.port}/main`, servers: [master, replica] };
  });
}

/** Starts the servers of a group; what was started before one that fails is ended. */
async function startGroup(
  start: (servers: GroupStarter) => Promise<Pick<RedisGroup, 'url' | 'servers'>>,
): Promise<RedisGroup> {
  await using resources = new AsyncDisposableStack();
  const guard = resources.use(new ProcessGuard());
  const folder = resources.use(await makeTemporaryFolder());
  guard.removeFolderAtEnd(folder.path);
  const group = await start(new GroupStarter({ guard, folder, binary: await findRedis(), resources }));
  const owned = resources.move();
  return { ...group, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function findRedis(): Promise<StoreBinary> {
  const attempts = newAttempts();
  const binary = await findBinary('redis', { path: process.env.PATH ?? '', attempts });
  if (binary === undefined) throw new Error(explainMissing('redis', attempts));
  return binary;
}

interface GroupHome {
  readonly guard: ProcessGuard;
  readonly folder: DataFolder;
  readonly binary: StoreBinary;
  readonly resources: AsyncDisposableStack;
}

class GroupStarter {
  readonly #home: GroupHome;

  constructor(home: GroupHome) {
    this.#home = home;
  }

  async start(name: string, settings: Record<string, string | number>): Promise<RedisServer> {
    const port = await findFreePort();
    const { process, url } = await startRedisServer({ ...this.#home, port }, { name, settings });
    return this.#own(process, { port, url });
  }

  /** A Sentinel keeps what it learns in its configuration file. */
  async startSentinel(master: RedisServer): Promise<RedisServer> {
    const { guard, folder, binary } = this.#home;
    const port = await findFreePort();
    const configuration = join(folder.path, 'sentinel.conf');
    await writeFile(configuration, describeSentinel({ port, folder: folder.path, master }));
    const process = await startStoreProcess(guard, {
      name: 'Redis Sentinel',
      command: binary.path,
      args: [configuration, '--sentinel'],
      logFile: join(folder.path, 'sentinel.log'),
      readyText: '+monitor master',
      stopSignal: 'SIGTERM',
      quickStopSignal: 'SIGKILL',
    });
    return this.#own(process, { port, url: `redis://127.0.0.1:${port}` });
  }

  #own(process: StoreProcess, address: { readonly port: number; readonly url: string }): RedisServer {
    this.#home.resources.defer(() => process.stop({ quick: true }));
    return { ...address, pid: process.pid };
  }
}

function describeSentinel({ port, folder, master }: { port: number; folder: string; master: RedisServer }): string {
  return `port ${port}
bind 127.0.0.1
dir ${folder}
sentinel monitor main 127.0.0.1 ${master.port} 1
sentinel down-after-milliseconds main 500
sentinel failover-timeout main 2000
`;
}

async function knowsReplica(sentinelPort: number): Promise<boolean> {
  const [replicas] = await sendRedisCommands(`redis://127.0.0.1:${sentinelPort}`, [['SENTINEL', 'REPLICAS', 'main']]);
  return Array.isArray(replicas) && replicas.flat().includes('ok');
}

async function joinCluster(nodes: readonly (RedisServer & { readonly busPort: number })[]): Promise<void> {
  const bound = (index: number) => Math.floor((index * slotCount) / nodes.length);
  for (const [index, node] of nodes.entries()) {
    const slots = ['CLUSTER', 'ADDSLOTSRANGE', String(bound(index)), String(bound(index + 1) - 1)];
    const meetings = nodes.map(({ port, busPort }) => ['CLUSTER', 'MEET', '127.0.0.1', String(port), String(busPort)]);
    await sendRedisCommands(node.url, [slots, ...meetings.toSpliced(index, 1)]);
  }
  for (const node of nodes) await waitUntil(() => knowsAll(node, nodes.length), { timeoutMs: readyTimeoutMs });
}

async function knowsAll({ url }: RedisServer, count: number): Promise<boolean> {
  const [info, ranges] = await sendRedisCommands(url, [
    ['CLUSTER', 'INFO'],
    ['CLUSTER', 'SLOTS'],
  ]);
  return String(info).includes('cluster_state:ok') && Array.isArray(ranges) && ranges.length === count;
}
