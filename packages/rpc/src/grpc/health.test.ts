import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcTransport } from '@connectrpc/connect-node';
import { ErrorInfoSchema, Health, HealthCheckResponse_ServingStatus as Status } from '@tandem/contracts/wire';
import { describe, expect, it } from 'vitest';
import { sendUnreadable } from '../testing/send-unreadable.ts';
import { useGrpcPort } from '../testing/use-ports.ts';
import { createHealth } from './health.ts';
import { createHealthState } from './health-state.ts';

async function useHealth() {
  const state = createHealthState();
  const port = await useGrpcPort([createHealth(state, { services: ['a.Service'], domain: 'users.tandem' })]);
  return { state, port, client: createClient(Health, createGrpcTransport({ baseUrl: `http://127.0.0.1:${port}` })) };
}

describe('health', () => {
  it('follows the state for the server and for each service', async () => {
    const { state, client } = await useHealth();
    expect((await client.check({ service: '' })).status).toBe(Status.NOT_SERVING);
    state.set(true);
    expect((await client.check({ service: '' })).status).toBe(Status.SERVING);
    expect((await client.check({ service: 'a.Service' })).status).toBe(Status.SERVING);
    const { statuses } = await client.list({});
    expect(Object.entries(statuses).map(([name, { status }]) => [name, status])).toEqual([
      ['', Status.SERVING],
      ['a.Service', Status.SERVING],
    ]);
  });

  it('knows no other service: Check says NOT_FOUND, Watch SERVICE_UNKNOWN', async () => {
    const { state, client } = await useHealth();
    const error = await client.check({ service: 'b.Service' }).then(() => undefined, ConnectError.from);
    expect(error?.code).toBe(Code.NotFound);
    const watch = client.watch({ service: 'b.Service' })[Symbol.asyncIterator]();
    expect((await watch.next()).value.status).toBe(Status.SERVICE_UNKNOWN);
    state.end();
    expect((await watch.next()).done).toBe(true);
  });

  it('says little of a long name that it does not know, with a reason of the contract', async () => {
    const { client } = await useHealth();
    const error = await client.check({ service: 'x'.repeat(70_000) }).then(() => undefined, ConnectError.from);
    expect(error?.code).toBe(Code.NotFound);
    expect(error?.message.length).toBeLessThan(250);
    expect(error?.findDetails(ErrorInfoSchema)).toMatchObject([{ reason: 'FIELD_INVALID', domain: 'users.tandem' }]);
  });

  it.each(['Check', 'Watch'])('says what it cannot read, with a reason of the contract: %s', async (method) => {
    const { port } = await useHealth();
    expect(await sendUnreadable(port, `/grpc.health.v1.Health/${method}`)).toMatchObject({
      code: Code.InvalidArgument,
      info: [{ reason: 'REQUEST_UNREADABLE', domain: 'users.tandem' }],
    });
  });

  it('tells a watcher each change, and ends it at the drain', async () => {
    const { state, client } = await useHealth();
    const watch = client.watch({ service: 'a.Service' })[Symbol.asyncIterator]();
    expect((await watch.next()).value.status).toBe(Status.NOT_SERVING);
    state.set(true);
    expect((await watch.next()).value.status).toBe(Status.SERVING);
    state.end();
    expect((await watch.next()).value.status).toBe(Status.NOT_SERVING);
    expect((await watch.next()).done).toBe(true);
    state.set(true);
    expect(state.serving).toBe(false);
  });

  it('ends a watch whose reader has gone', async () => {
    const state = createHealthState();
    const reader = new AbortController();
    const watch = state.watch(reader.signal);
    expect((await watch.next()).value).toBe(false);
    const next = watch.next();
    reader.abort();
    expect((await next).done).toBe(true);
  });
});
