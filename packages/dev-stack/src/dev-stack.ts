import { type Attempts, newAttempts } from './attempts.ts';
import { findWorkingUrl, URL_VARIABLES } from './check-url.ts';
import { type DataFolder, makeTemporaryFolder, openDataFolder } from './data-folder.ts';
import { explainMissing, TITLES } from './explain-missing.ts';
import { findBinary } from './find-binary.ts';
import type { StoreBinary } from './find-on-path.ts';
import { startMongodb } from './mongodb.ts';
import { type StartedStore, type StoreStart, startPostgres } from './postgres.ts';
import { ProcessGuard } from './process-guard.ts';
import { startRedis } from './redis.ts';
import { STORE_NAMES, type StoreName } from './store-name.ts';
import { StoreStartError } from './store-process.ts';

const STARTERS: Record<StoreName, (start: StoreStart) => Promise<StartedStore>> = {
  postgres: startPostgres,
  mongodb: startMongodb,
  redis: startRedis,
};
const START_TRIES = 4;

/** How a stack is started. */
export interface DevStackOptions {
  /** Keeps the data there, for one run at a time, on the same ports where they are free. Default: a temporary folder. */
  readonly dataDir?: string;
  /** Where URLs of running stores and the PATH are read. Default: `process.env`. */
  readonly env?: NodeJS.ProcessEnv;
  /** Gets one line per store: what was found where. Default: nothing is said. */
  readonly log?: (line: string) => void;
  /** Called when a store that was started here ends by itself. */
  readonly onStoreExit?: (name: StoreName) => void;
  /** The stores to have. Default: all. */
  readonly only?: readonly StoreName[];
}

/** Running stores. Disposing ends those that were started here, and removes a temporary folder. */
export interface DevStack extends AsyncDisposable {
  /** @throws when the stack was started without PostgreSQL */
  readonly usersDatabaseUrl: string;
  /** @throws when the stack was started without MongoDB */
  readonly postsDatabaseUrl: string;
  /** @throws when the stack was started without Redis */
  readonly redisUrl: string;
  /** The servers that were started here; those found by URL are not among them. */
  readonly processes: readonly { readonly name: StoreName; readonly pid: number }[];
  /** Ends more children, such as services, with this process; however it ends. */
  readonly guard: ProcessGuard;
}

type RunningStore = { readonly name: StoreName; readonly url: string; readonly started?: StartedStore };

/**
 * Gives a PostgreSQL, a MongoDB (a replica set of one) and a Redis on this machine: for each the first that works of the
 * URL in the environment, a program on the PATH, and one from a package registry. They listen on loopback and end with
 * this process, also when it is killed.
 *
 * @throws one error that tells for each store that could not be had what was tried and how to go on; nothing is left
 *   running then
 */
export async function startDevStack(options: DevStackOptions = {}): Promise<DevStack> {
  const resources = new AsyncDisposableStack();
  try {
    const guard = resources.use(new ProcessGuard());
    const openFolder = openOnce(async () => resources.use(await chooseFolder(options, guard)));
    const stores = await startAll({ options, guard, openFolder, resources });
    return describeStack({ stores, guard, resources });
  } catch (error) {
    await resources.disposeAsync();
    throw error;
  }
}

/** A folder is opened, and held, only when a store has to be started. */
function openOnce(open: () => Promise<DataFolder>): () => Promise<DataFolder> {
  let opened: Promise<DataFolder> | undefined;
  return () => {
    opened ??= open();
    return opened;
  };
}

async function chooseFolder({ dataDir }: DevStackOptions, guard: ProcessGuard): Promise<DataFolder> {
  if (dataDir !== undefined) return openDataFolder(dataDir);
  const folder = await makeTemporaryFolder();
  guard.removeFolderAtEnd(folder.path);
  return folder;
}

interface Starting {
  readonly options: DevStackOptions;
  readonly guard: ProcessGuard;
  readonly openFolder: () => Promise<DataFolder>;
  readonly resources: AsyncDisposableStack;
}

async function startAll(starting: Starting): Promise<RunningStore[]> {
  const names = STORE_NAMES.filter((name) => starting.options.only?.includes(name) ?? true);
  const results = await Promise.allSettled(names.map((name) => startOne(name, starting)));
  const failures = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason);
  if (failures.length === 0) return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  throw new Error([...new Set(failures.map((failure) => failure.message))].join('\n'), { cause: failures[0] });
}

async function startOne(name: StoreName, starting: Starting): Promise<RunningStore> {
  const { env = process.env, log = () => {}, onStoreExit } = starting.options;
  const attempts = newAttempts();
  const url = await findWorkingUrl(name, { env, attempts });
  if (url !== undefined) {
    log(`${TITLES[name]}: the one that ${URL_VARIABLES[name]} names`);
    return { name, url };
  }
  const binary = await findBinary(name, { path: env.PATH ?? '', attempts });
  if (binary === undefined) throw new Error(explainMissing(name, attempts));
  const started = await startBinary(name, { binary, ...starting });
  const watch = watchStore(name, { started, onStoreExit });
  starting.resources.defer(async () => {
    watch.stop();
    await started.process.stop({ quick: starting.options.dataDir === undefined });
  });
  log(
    `${TITLES[name]}: ${binary.version} on ${new URL(started.url).host}, from ${binary.origin}${listUnfit(attempts)}`,
  );
  return { name, url: started.url, started };
}

/** A free port can be taken between the look and the start: then another. */
async function startBinary(
  name: StoreName,
  { binary, openFolder, guard }: Starting & { binary: StoreBinary },
): Promise<StartedStore> {
  const folder = await openFolder();
  for (let attempt = 1; ; attempt++) {
    const port = await folder.choosePort(name, { fresh: attempt > 1 });
    try {
      return await STARTERS[name]({ binary, folder, guard, port });
    } catch (error) {
      if (!(error instanceof StoreStartError && error.retriable) || attempt === START_TRIES) throw error;
    }
  }
}

function watchStore(
  name: StoreName,
  { started, onStoreExit }: { started: StartedStore; onStoreExit: DevStackOptions['onStoreExit'] },
): { stop(): void } {
  let wanted = false;
  void started.process.exited.then(() => {
    if (!wanted) onStoreExit?.(name);
  });
  return {
    stop() {
      wanted = true;
    },
  };
}

function listUnfit({ unfit }: Attempts): string {
  return unfit.length === 0 ? '' : ` (passed over: ${unfit.join('; ')})`;
}

function describeStack({
  stores,
  guard,
  resources,
}: {
  stores: readonly RunningStore[];
  guard: ProcessGuard;
  resources: AsyncDisposableStack;
}): DevStack {
  const urlOf = (name: StoreName): string => {
    const store = stores.find((candidate) => candidate.name === name);
    if (store === undefined) throw new Error(`This stack was started without ${TITLES[name]}.`);
    return store.url;
  };
  return {
    get usersDatabaseUrl() {
      return urlOf('postgres');
    },
    get postsDatabaseUrl() {
      return urlOf('mongodb');
    },
    get redisUrl() {
      return urlOf('redis');
    },
    processes: stores.flatMap(({ name, started }) => (started ? [{ name, pid: started.process.pid }] : [])),
    guard,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
