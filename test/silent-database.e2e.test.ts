import { Code, type ConnectError } from '@connectrpc/connect';
import { createUsersClient } from '@tandem/contracts';
import { startTcpProxy, waitUntil } from '@tandem/dev-stack';
import { describe, expect, it } from 'vitest';
import { describeRefusal } from './pair/refusal.ts';
import { startService } from './pair/start-service.ts';
import { useUsersDatabase } from './support/use-users-database.ts';

describe('SIGTERM of users while PostgreSQL is silent', { timeout: 90_000 }, async () => {
  const databaseUrl = await useUsersDatabase();

  it('ends it with 0 after its grace, every call told so, and the log names what was given up', async () => {
    await using proxy = await startTcpProxy({ targetPort: Number(new URL(databaseUrl).port) });
    const proxied = new URL(databaseUrl);
    proxied.port = String(proxy.port);
    await using service = await startService('users', {
      USERS_DATABASE_URL: proxied.href,
      SHUTDOWN_GRACE_MS: '1500',
    });
    await using client = createUsersClient(service.grpc, { maxAttempts: 1 });
    await client.listUsers({});
    proxy.blackhole();
    // Longer than a connection is ever lent for: nothing but the drain's own end can end them in time.
    const longestLeaseMs = 15_000;
    const ask = (requestId: string) => ({ timeoutMs: 2 * longestLeaseMs, headers: { 'x-request-id': requestId } });
    const calls = [
      client.createUser({ email: 'silent@drain.example', name: 'Silent' }, ask('create')),
      client.getUser({ id: '00000000-0000-4000-8000-000000000001' }, ask('get')),
      client.listUsers({ pageSize: 3 }, ask('list')),
    ].map((call) =>
      call.then(
        () => 'answered',
        (error: ConnectError) => describeRefusal(error),
      ),
    );
    await waitUntil(async () => (await countInFlight(service.edge)) === calls.length, { timeoutMs: 5_000 });
    const startedAt = performance.now();
    service.signal('SIGTERM');
    expect(await service.exited).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(longestLeaseMs - 3_000);
    for (const outcome of await Promise.all(calls)) {
      expect(outcome).toMatchObject({ code: Code[Code.Unavailable], reason: 'DRAINING' });
    }
    const givenUp = service.stderr.map((line) => JSON.parse(line)).filter(({ reason }) => reason === 'DRAINING');
    expect(givenUp.map(({ requestId }) => requestId).sort()).toEqual(['create', 'get', 'list']);
  });
});

/** Calls that the service has begun and not ended, of all cost classes. */
async function countInFlight(edge: string): Promise<number> {
  const text = await (await fetch(`${edge}/metrics`)).text();
  const counts = [...text.matchAll(/^tandem_calls_in_flight\{.*\} (\d+)$/gm)].map(([, count]) => Number(count));
  return counts.reduce((sum, count) => sum + count, 0);
}
