import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { holdsWithin } from '@tandem/dev-stack';

const root = join(import.meta.dirname, '../..');
const readyLine = /^(?:users|posts) ready grpc=(\S+) edge=(\S+)$/;

/** A service running as a process of its own. */
export interface RunningService extends AsyncDisposable {
  readonly pid: number;
  /** `host:port` of the gRPC port. */
  readonly grpc: string;
  /** The base URL of the edge port. */
  readonly edge: string;
  readonly stderr: readonly string[];
  /** Its exit code, or the signal that ended it. */
  readonly exited: Promise<number | string>;
  signal(name: NodeJS.Signals): void;
}

/** A service was not ready in time, or ended before. */
export class NotStarted extends Error {
  override readonly name = 'NotStarted';
  /** As of RunningService `exited`; undefined: it had not ended. */
  readonly exit: number | string | undefined;

  constructor(message: string, exit: number | string | undefined) {
    super(message);
    this.exit = exit;
  }
}

/** It may start beside a load. */
const startTimeoutMs = 90_000;

/** Starts a service on free ports, unless `env` says which, and waits for its ready line. @throws NotStarted */
export async function startService(name: 'users' | 'posts', env: NodeJS.ProcessEnv): Promise<RunningService> {
  const { child, stdout, stderr, exited } = spawnService(name, env);
  let over = false;
  let exit: number | string | undefined;
  void exited.then((how) => {
    [over, exit] = [true, how];
  });
  await holdsWithin(() => over || stdout.some((line) => readyLine.test(line)), { timeoutMs: startTimeoutMs });
  const ready = stdout.map((line) => readyLine.exec(line)).find((match) => match !== null);
  if (!ready) {
    child.kill('SIGKILL');
    throw new NotStarted(`${name} did not start (${exit}):\n${[...stdout, ...stderr].join('\n')}`, exit);
  }
  return {
    pid: child.pid ?? 0,
    grpc: ready[1] ?? '',
    edge: `http://${ready[2]}`,
    stderr,
    exited,
    signal: (signal) => void child.kill(signal),
    async [Symbol.asyncDispose]() {
      if (over) return;
      child.kill('SIGCONT');
      child.kill('SIGTERM');
      if (!(await holdsWithin(() => over, { timeoutMs: 15_000 }))) child.kill('SIGKILL');
      await exited;
    },
  };
}

/** Runs a service that is expected not to start, to its end. */
export async function runToEnd(
  name: 'users' | 'posts',
  env: NodeJS.ProcessEnv,
): Promise<{ exit: number | string; stdout: readonly string[]; stderr: readonly string[] }> {
  const { stdout, stderr, exited } = spawnService(name, env);
  return { exit: await exited, stdout, stderr };
}

function spawnService(name: 'users' | 'posts', env: NodeJS.ProcessEnv) {
  const upper = name.toUpperCase();
  const child = spawn(process.execPath, [join(root, `services/${name}/src/main.ts`)], {
    cwd: root,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      [`${upper}_LISTEN`]: '127.0.0.1:0',
      [`${upper}_EDGE_LISTEN`]: '127.0.0.1:0',
      // Without a peer, unless the test has one.
      USERS_TARGET: '127.0.0.1:1',
      POSTS_TARGET: '127.0.0.1:1',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  return { child, stdout: collectLines(child.stdout), stderr: collectLines(child.stderr), exited };
}

function collectLines(stream: NonNullable<ChildProcess['stdout']>): string[] {
  const lines: string[] = [];
  createInterface({ input: stream }).on('line', (line) => lines.push(line));
  return lines;
}
