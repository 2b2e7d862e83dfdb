import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { createConnection, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { findFreePort } from './free-port.ts';
import type { StoreName } from './store-name.ts';

/** The longest path that a Unix socket takes on every system. */
const SOCKET_PATH_LIMIT = 100;

/** Where a stack keeps its data, held by one run at a time. */
export interface DataFolder extends AsyncDisposable {
  readonly path: string;
  /** True for a folder that is removed with the stack: nothing in it need survive a power cut. */
  readonly temporary: boolean;
  /** A free port for a store; in a kept folder the one of the last run, when that is free. */
  choosePort(store: StoreName, options?: { fresh?: boolean }): Promise<number>;
}

/** A new folder under the system's temporary folder. */
export async function makeTemporaryFolder(): Promise<DataFolder> {
  const path = await mkdtemp(join(tmpdir(), 'tandem-stack-'));
  // A server that runs as another user must be able to pass through.
  await chmod(path, 0o711);
  return {
    path,
    temporary: true,
    choosePort: () => findFreePort(),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 10 }),
  };
}

/**
 * Opens a folder that is kept between runs.
 *
 * @throws when another run holds it
 */
export async function openDataFolder(path: string): Promise<DataFolder> {
  await mkdir(path, { recursive: true });
  const lock = await holdFolder(await realpath(path));
  const portsFile = join(path, 'ports.json');
  const ports = await readPorts(portsFile);
  return {
    path: await realpath(path),
    temporary: false,
    async choosePort(store, options) {
      ports[store] = await findFreePort(options?.fresh ? undefined : ports[store]);
      await writeFile(portsFile, `${JSON.stringify(ports)}\n`);
      return ports[store];
    },
    async [Symbol.asyncDispose]() {
      lock.close();
      await once(lock, 'close');
    },
  };
}

/** A socket is the lock: the kernel gives it up when its owner dies, and no process id can be mistaken for another's. */
async function holdFolder(path: string): Promise<Server> {
  const socketPath = chooseSocketPath(path);
  const lock = createServer((socket) => socket.end(String(process.pid)));
  for (const lastTry of [false, true]) {
    try {
      lock.listen(socketPath);
      await once(lock, 'listening');
      return lock.unref();
    } catch (error) {
      if (lastTry || (error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
    const owner = await askOwner(socketPath);
    if (owner !== undefined) throw new Error(explainHeld(path, owner));
    await rm(socketPath, { force: true });
  }
  throw new Error(explainHeld(path, 'unknown'));
}

function explainHeld(path: string, owner: string): string {
  return `The data folder ${path} is in use by another run (process ${owner}): stop that one first.`;
}

function chooseSocketPath(path: string): string {
  const inside = join(path, 'owner.sock');
  const shortest = [inside, relative(process.cwd(), inside)].toSorted((a, b) => a.length - b.length)[0] ?? inside;
  if (Buffer.byteLength(shortest) <= SOCKET_PATH_LIMIT) return shortest;
  return join(tmpdir(), `tandem-${createHash('sha256').update(path).digest('hex').slice(0, 24)}.sock`);
}

/** The process id of who listens, or undefined when nobody does: the socket is left from a killed run. */
async function askOwner(socketPath: string): Promise<string | undefined> {
  const socket = createConnection(socketPath).setEncoding('utf8');
  let answer = '';
  try {
    for await (const text of socket) answer += text;
    return answer;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ECONNREFUSED' || code === 'ENOENT') return undefined;
    throw error;
  }
}

async function readPorts(file: string): Promise<Partial<Record<StoreName, number>>> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    // None yet, or cut short by a kill: ports are chosen anew.
    return {};
  }
}
