import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ProcessGuard } from '@tandem/dev-stack';
import { pinCommand } from '../machine/placement.ts';
import type { BenchStores } from '../stores/bench-stores.ts';
import type { ServerProgram } from '../workload.ts';

const READY_LINE = / ready grpc=\S+:(\d+)/;
const START_MS = 20_000;

export interface RunningServer {
  /** Its own process, and that of the users service that it asks. */
  readonly pids: readonly number[];
  readonly port: number;
}

/**
 * Starts a server with its variables and no others (what is set in this shell must not change a result), and waits until
 * it serves; it ends with the guard.
 */
export async function startServer(
  program: ServerProgram,
  {
    guard,
    stores,
    users,
    cpus,
  }: { guard: ProcessGuard; stores: BenchStores; users: RunningServer | undefined; cpus: string | undefined },
): Promise<RunningServer> {
  const child = await guard.spawn({
    ...pinCommand(cpus, [process.execPath, fileURLToPath(program.file)]),
    options: {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { PATH: process.env.PATH, NODE_ENV: 'production', ...program.env(stores, `127.0.0.1:${users?.port}`) },
    },
  });
  if (child.stdout === null) throw new Error('A server was started without a pipe for its output.');
  const lines = createInterface({ input: child.stdout });
  const bound = AbortSignal.timeout(START_MS);
  const waiting = waitForPort({ lines, exited: once(child, 'exit', { signal: bound }) });
  return { pids: [child.pid, ...(users?.pids ?? [])], port: await waiting.catch((error) => fail(program, error)) };
}

async function waitForPort({
  lines,
  exited,
}: {
  lines: AsyncIterable<string> & NodeJS.EventEmitter;
  exited: Promise<unknown>;
}): Promise<number> {
  const { promise: port, resolve } = Promise.withResolvers<number>();
  // Goes on reading afterwards: a pipe that nobody empties stops the server.
  lines.on('line', (line: string) => {
    const found = READY_LINE.exec(line)?.[1];
    if (found !== undefined) resolve(Number(found));
  });
  const ended = exited.then(() => {
    throw new Error('it ended');
  });
  return await Promise.race([port, ended]);
}

function fail({ name, file }: ServerProgram, error: Error): never {
  const reason = error.name === 'AbortError' ? `no ready line within ${START_MS / 1000} s` : error.message;
  throw new Error(`The server "${name}" (${fileURLToPath(file)}) does not serve: ${reason}.`, { cause: error });
}
