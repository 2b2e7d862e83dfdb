import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { StartedStore, StoreStart } from './postgres.ts';
import { startStoreProcess } from './store-process.ts';

/** Starts Redis (or Valkey) as a cache: bounded, least recently used keys leave first, nothing is kept on disk. */
export async function startRedis({ binary, folder, guard, port }: StoreStart): Promise<StartedStore> {
  const data = join(folder.path, 'redis');
  await mkdir(data, { recursive: true });
  const process = await startStoreProcess(guard, {
    name: 'Redis',
    command: binary.path,
    args: Object.entries({
      bind: '127.0.0.1',
      port,
      dir: data,
      save: '',
      appendonly: 'no',
      maxmemory: '256mb',
      'maxmemory-policy': 'allkeys-lru',
    }).flatMap(([name, value]) => [`--${name}`, String(value)]),
    logFile: join(folder.path, 'redis.log'),
    readyText: 'Ready to accept connections',
    stopSignal: 'SIGTERM',
    quickStopSignal: 'SIGKILL',
  });
  return { process, url: `redis://127.0.0.1:${port}` };
}
