import { join } from 'node:path';
import { type Attempts, newAttempts } from './attempts.ts';
import { findGivenUrl, URL_VARIABLES } from './check-url.ts';
import { type DataFolder, makeTemporaryFolder, openDataFolder } from './data-folder.ts';
import { explainMissing } from './explain-missing.ts';
import { findBinary } from './find-binary.ts';
import type { StoreBinary } from './find-on-path.ts';
import { KeptStore } from './kept-store.ts';
import { startMongodb } from './mongodb.ts';
import { type StartedStore, type StoreStart, startPostgres } from './postgres.ts';
import { ProcessGuard } from './process-guard.ts';
import { startRedis } from './redis.ts';
import { STORE_NAMES, type StoreName, TITLES } from './store-name.ts';
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
  /**
   * The stores to start again, on the same port, when they end by themselves: up to ten times in a row, with growing
   * pauses, said in one line each time. Default: none.
   */
  readonly restart?: readonly StoreName[];
  /** Called with one line when a store that was started here has ended by itself and is not started again. */
  readonly onStoreLost?: (name: StoreName, line: string) => void;
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

type RunningStore = { readonly name: StoreName; readonly url: string; readonly kept?: KeptStore };

/**
 * Gives a PostgreSQL, a MongoDB (a replica set of one) and a Redis: for each the one that the environment names by URL;
 * where it names none, one that is started here from the first program that works, on the PATH or from a package
 * registry. Those listen on loopback and end with this process, also when it is killed.
 *
 * @throws one error that tells for each store that could not be had what was tried and how to go on, or which URL of the
 *   environment will not do (no other store is taken in its place); nothing is left running then
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
  const { env = process.env } = starting.options;
  // All before any is started: a URL that will not do leaves no new folder behind.
  const urls = await settleAll(names.map(async (name) => ({ name, url: await findGivenUrl(name, env) })));
  return settleAll(
    urls.map(({ name, url }) => (url === undefined ? startOne(name, starting) : take({ name, url }, starting))),
  );
}

/** @throws one error that tells what became of all that failed, after all have ended */
async function settleAll<T>(works: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(works);
  const failures = results.filter((result) => result.status === 'rejected').map(({ reason }) => reason);
  if (failures.length === 0) return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  throw new Error([...new Set(failures.map((failure) => failure.message))].join('\n'), { cause: failures[0] });
}

async function take(
  store: { name: StoreName; url: string },
  { options: { log = () => {} } }: Starting,
): Promise<RunningStore> {
  log(`${TITLES[store.name]}: the one that ${URL_VARIABLES[store.name]} names`);
  return store;
}

async function startOne(name: StoreName, starting: Starting): Promise<RunningStore> {
  const { env = process.env, log = () => {} } = starting.options;
  const attempts = newAttempts();
  attempts.absent.push(`${URL_VARIABLES[name]} is not set`);
  const binary = await findBinary(name, { path: env.PATH ?? '', attempts });
  if (binary === undefined) throw new Error(explainMissing(name, attempts));
  const startedHere = await startBinary(name, { binary, ...starting });
  const { started } = startedHere;
  const kept = starting.resources.use(keepStore(name, { ...startedHere, options: starting.options }));
  log(
    `${TITLES[name]}: ${binary.version} on ${new URL(started.url).host}, from ${binary.origin}${listUnfit(attempts)}`,
  );
  return { name, url: started.url, kept };
}

/** A free port can be taken between the look and the start: then another. */
async function startBinary(
  name: StoreName,
  { binary, openFolder, guard }: Starting & { binary: StoreBinary },
): Promise<{ started: StartedStore; startAgain: () => Promise<StartedStore>; logFile: string }> {
  const folder = await openFolder();
  for (let attempt = 1; ; attempt++) {
    const port = await folder.choosePort(name, { fresh: attempt > 1 });
    const start = () => STARTERS[name]({ binary, folder, guard, port });
    try {
      return { started: await start(), startAgain: start, logFile: join(folder.path, `${name}.log`) };
    } catch (error) {
      if (!(error instanceof StoreStartError && error.retriable) || attempt === START_TRIES) throw error;
    }
  }
}

function keepStore(
  name: StoreName,
  { started, startAgain, logFile, options }: Awaited<ReturnType<typeof startBinary>> & { options: DevStackOptions },
): KeptStore {
  const { dataDir, log = () => {}, onStoreLost, restart = [] } = options;
  const { host } = new URL(started.url);
  return new KeptStore({
    started,
    startAgain: restart.includes(name) ? startAgain : undefined,
    quickStop: dataDir === undefined,
    onRestart: (end) => log(`${TITLES[name]} ended by itself (${end}): started again on ${host}`),
    onLost: (end, error) => onStoreLost?.(name, explainLost(name, { end, error, logFile })),
  });
}

function explainLost(
  name: StoreName,
  { end, error, logFile }: { end: string; error: unknown; logFile: string },
): string {
  const ended = `${TITLES[name]} ended by itself (${end})`;
  if (error instanceof Error) return `${ended} and could not be started again: ${error.message}`;
  return `${ended}: its log is ${logFile}`;
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
    get processes() {
      return stores.flatMap(({ name, kept }) => (kept ? [{ name, pid: kept.pid }] : []));
    },
    guard,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
