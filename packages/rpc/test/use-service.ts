import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** A child process of `service-main.ts`. */
export interface ChildService {
  /** Where it listens; throws what it printed where it ended before it was ready. */
  readonly ready: Promise<{ grpc: string; edge: string }>;
  /** Resolves when it has ended, with its exit code and all that it printed. */
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>;
  kill(signal: NodeJS.Signals): void;
}

/** Starts the test service; it is killed at the end of the test if it still runs. */
export function useService(env: Record<string, string> = {}): ChildService {
  const main = fileURLToPath(new URL('./service-main.ts', import.meta.url));
  const child = spawn(process.execPath, [main], { env: { PATH: process.env.PATH, ...env } });
  onTestFinished(() => void child.kill('SIGKILL'));
  const printed = { stdout: '', stderr: '' };
  const { promise: ready, resolve, reject } = Promise.withResolvers<{ grpc: string; edge: string }>();
  child.stderr.on('data', (text) => {
    printed.stderr += text;
  });
  child.stdout.on('data', (text) => {
    printed.stdout += text;
    const [, grpc, edge] = /^users ready grpc=(\S+) edge=(\S+)\n/m.exec(printed.stdout) ?? [];
    if (grpc && edge) resolve({ grpc, edge });
  });
  const ended = once(child, 'close').then(([code]) => {
    reject(new Error(`the service ended: ${printed.stderr}`));
    return { code, ...printed };
  });
  ready.catch(() => {}); // not every test waits for it
  return { ready, ended, kill: (signal) => void child.kill(signal) };
}
