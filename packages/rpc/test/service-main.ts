import { setTimeout as sleep } from 'node:timers/promises';
import { UserService } from '@tandem/contracts/users';
import { bind, createLogger, runService, type Service, startServer } from '@tandem/rpc';

/**
 * A service without a store, for tests of a process's life. `MODE` makes it fail: `start`, `throw`, `reject`, `close`. At its end it
 * prints the request ids of the calls that it began, as `begun [...]`.
 */
const begun: string[] = [];

await runService('users', {
  readConfig: ({ WORKERS = '1' }) => ({ workers: Number(WORKERS), logLevel: 'error' as const }),
  start,
});

async function start(): Promise<Service> {
  const { env } = process;
  if (env.MODE === 'start') throw new Error('USERS_DATABASE_URL is missing;\n  set it.');
  const [host, port] = ['127.0.0.1', Number(env.PORT ?? 0)];
  const server = await startServer({
    name: 'users',
    services: [bind(UserService, { getUser, exportUsers })],
    listen: { host, port },
    edgeListen: { host, port: 0 },
    authMode: 'open',
    probe: async () => {},
    log: createLogger({ name: 'users', level: 'error' }),
    shutdownGraceMs: Number(env.GRACE_MS ?? 5000),
  });
  return {
    grpc: server.grpc,
    edge: server.edge,
    drain: server.drain,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      if (env.MODE === 'close') await sleep(3_600_000);
      await new Promise((resolve) => process.stdout.write(`begun ${JSON.stringify(begun)}\n`, resolve));
    },
  };
}

/** Takes a moment, so that calls are in flight when a signal comes; `BLOCK` takes for ever. */
async function getUser({ id }: { id: string }, { requestId }: { requestId: string }) {
  begun.push(requestId);
  if (process.env.MODE === 'throw') setImmediate(() => JSON.parse('{'));
  if (process.env.MODE === 'reject') void Promise.reject(new Error('nobody waits for this'));
  await sleep(process.env.MODE === 'block' ? 3_600_000 : Math.random() * 20);
  return { user: { id } };
}

async function* exportUsers(_: unknown, { signal }: { signal: AbortSignal }) {
  yield { cursor: '1' };
  await sleep(3_600_000, undefined, { signal });
}
