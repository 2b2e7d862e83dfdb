import { Code, type ConnectError, createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { createUsersClient } from '@tandem/contracts';
import { UserService } from '@tandem/contracts/users';
import { ErrorInfoSchema } from '@tandem/contracts/wire';
import { waitUntil } from '@tandem/dev-stack';
import { describe, expect, it } from 'vitest';
import { pickPort } from './pair/pick-port.ts';
import { describeRefusal } from './pair/refusal.ts';
import { type RunningService, startService } from './pair/start-service.ts';
import { useUsersDatabase } from './support/use-users-database.ts';

describe('SIGTERM under load', { timeout: 90_000 }, async () => {
  const databaseUrl = await useUsersDatabase();

  /** Calls one after another on each of `lanes` until it is told to stop; gives what came of them. */
  function load(lanes: number, call: (n: number) => Promise<unknown>) {
    const failed: ConnectError[] = [];
    let answered = 0;
    let stopped = false;
    const lane = async () => {
      while (!stopped) {
        await call(answered).then(
          () => {
            answered += 1;
          },
          (error: ConnectError) => failed.push(error),
        );
      }
    };
    const running = Promise.all(Array.from({ length: lanes }, lane));
    const stop = async () => {
      stopped = true;
      await running;
      return { answered, failed };
    };
    return { stop, answered: () => answered, failures: () => failed.length };
  }

  it('loses no call: those in flight are answered, and a client with retries sees no error over a restart', async () => {
    const port = await pickPort();
    const env = { USERS_DATABASE_URL: databaseUrl, USERS_LISTEN: `127.0.0.1:${port}` };
    const first = await startService('users', env);
    await using client = createUsersClient(first.grpc);
    const work = load(16, (n) =>
      n % 4
        ? client.listUsers({ pageSize: 5 })
        : client.createUser({ email: `drain${n}.${Math.random()}@e2e.example`, name: 'D' }),
    );
    await waitUntil(() => work.answered() > 200, { timeoutMs: 10_000 });
    first.signal('SIGTERM');
    expect(await first.exited).toBe(0);
    await using second = await startService('users', env);
    const before = work.answered();
    await waitUntil(() => work.answered() > before + 200, { timeoutMs: 10_000 });
    const { failed } = await work.stop();
    expect(second.pid).not.toBe(first.pid);
    // While nobody listens, a call may run out of its four attempts; one that was begun must not be among them.
    expect(failed.filter((error) => !isBrokenConnection(error))).toEqual([]);
  });

  it.each(['gRPC', 'edge'])('on the %s port, without retries, refuses only calls that were not begun', async (port) => {
    const service = await startService('users', { USERS_DATABASE_URL: databaseUrl });
    await using grpc = createUsersClient(service.grpc, { maxAttempts: 1 });
    const edge = createClient(UserService, createConnectTransport({ baseUrl: service.edge, httpVersion: '1.1' }));
    const client = port === 'gRPC' ? grpc : edge;
    const made = new Set<string>();
    const work = load(12, async () => {
      const { user } = await client.createUser({ email: `${Math.random()}@drain.example`, name: `Drain ${port}` });
      made.add(user!.id);
    });
    await waitUntil(() => work.answered() > 100, { timeoutMs: 10_000 });
    service.signal('SIGTERM');
    expect(await service.exited).toBe(0);
    const { failed } = await work.stop();
    expect(
      failed.filter((error) => !isBrokenConnection(error) && describeRefusal(error).reason !== 'DRAINING'),
    ).toEqual([]);
    expect(await countUsers(databaseUrl, `Drain ${port}`)).toBe(made.size);
  });

  it('does not wait for an importer, who learns how many rows are in', async () => {
    const service = await startService('users', { USERS_DATABASE_URL: databaseUrl, SHUTDOWN_GRACE_MS: '3600000' });
    await using client = createUsersClient(service.grpc);
    const names = Array.from({ length: 3 }, (_, n) => `Imported in drain ${n}`);
    const rows = names.map((name) => ({ name, email: `${Math.random()}@import.example` }));
    const options = { payload: { case: 'options' as const, value: {} } };
    const chunk = { payload: { case: 'rows' as const, value: { rows } } };
    const requests = async function* () {
      yield options;
      yield chunk;
      await new Promise(() => {});
    };
    const call = client.importUsers(requests()).catch((error: ConnectError) => error);
    const filter = { namePrefix: 'Imported in drain' };
    const allIn = async () => (await client.listUsers({ filter })).users.length === rows.length;
    expect(await waitUntil(allIn, { timeoutMs: 10_000 })).toBe(true);
    service.signal('SIGTERM');
    expect(await service.exited).toBe(0);
    const error = await call;
    expect(error).toMatchObject({ code: Code.Unavailable });
    expect((error as ConnectError).findDetails(ErrorInfoSchema)).toMatchObject([
      { reason: 'DRAINING', metadata: { rows_taken: '3', imported: '3' } },
    ]);
  });
});

/** The service itself did not answer: its port was closed, or the connection that was to carry the next call. */
function isBrokenConnection(error: ConnectError): boolean {
  return (
    error.findDetails(ErrorInfoSchema).length === 0 &&
    /ECONNREFUSED|ECONNRESET|EPIPE|socket hang up|No connection established|Connection dropped/.test(error.rawMessage)
  );
}

/** What is really there, asked of a service that runs after the drained one. */
async function countUsers(databaseUrl: string, namePrefix: string): Promise<number> {
  await using service: RunningService = await startService('users', { USERS_DATABASE_URL: databaseUrl });
  await using client = createUsersClient(service.grpc);
  return (await client.listUsers({ filter: { namePrefix }, pageSize: 1, includeTotalSize: true })).totalSize ?? 0;
}
