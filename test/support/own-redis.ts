import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDevStack } from '@tandem/dev-stack';

/** A Redis of one test's own, which it may stop, continue and kill. */
export interface OwnRedis extends AsyncDisposable {
  readonly url: string;
  signal(signal: NodeJS.Signals): void;
  /** Ends it and starts an empty one on the same port. */
  restart(): Promise<void>;
}

export async function startOwnRedis(): Promise<OwnRedis> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tandem-own-redis-'));
  const start = () => startDevStack({ dataDir, only: ['redis'], env: { ...process.env, REDIS_URL: '' } });
  let stack = await start();
  return {
    url: stack.redisUrl,
    signal: (signal) => process.kill(stack.processes[0]?.pid ?? Number.NaN, signal),
    async restart() {
      await stack[Symbol.asyncDispose]();
      stack = await start();
    },
    async [Symbol.asyncDispose]() {
      await stack[Symbol.asyncDispose]();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
