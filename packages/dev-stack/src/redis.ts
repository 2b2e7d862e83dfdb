import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { StartedStore, StoreStart } from './postgres.ts';
import { startStoreProcess } from './store-process.ts';

/** Starts Redis (or Valkey) as a cache: bounded, least recently used keys leave first, nothing is kept on disk. */
export function startRedis(start: StoreStart): Promise<StartedStore> {
  return startRedisServer(start, { name: 'redis' });
}

/**
 * The same, one of several.
 *
 * @param server.name of its folder and its log
 * @param server.settings more of them, by name
 */
export async function startRedisServer(
  { binary, folder, guard, port }: Pick<StoreStart, 'binary' | 'guard' | 'port'> & { folder: { path: string } },
  { name, settings = {} }: { name: string; settings?: Record<string, string | number> },
): Promise<StartedStore> {
  const data = join(folder.path, name);
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
      ...settings,
    }).flatMap(([setting, value]) => [`--${setting}`, String(value)]),
    logFile: join(folder.path, `${name}.log`),
    readyText: 'Ready to accept connections',
    stopSignal: 'SIGTERM',
    quickStopSignal: 'SIGKILL',
  });
  return { process, url: `redis://127.0.0.1:${port}` };
}
