import { Agent, request } from 'node:http';
import { createUsersClient } from '@tandem/contracts';
import { describe, expect, it } from 'vitest';
import { useService } from './use-service.ts';

const id = '0190abcd-0000-7000-8000-000000000001';
const path = '/tandem.users.v1.UserService/GetUser';

/** How one call ended. */
interface Ended {
  readonly requestId: string;
  readonly outcome: string;
}

describe('SIGTERM under load', { timeout: 90_000 }, () => {
  it('loses no gRPC call: each is answered, or UNAVAILABLE and never begun', async () => {
    const service = useService();
    const { grpc } = await service.ready;
    await using client = createUsersClient(grpc, { maxAttempts: 1 });
    const load = startLoad(async (requestId) => {
      const call = client.getUser({ id }, { headers: { 'x-request-id': requestId } });
      return await call.then(
        () => 'OK',
        (error) => (error.code === 14 ? 'UNAVAILABLE' : String(error)),
      );
    });
    await load.answered(500);
    service.kill('SIGTERM');
    await expectNothingLost(load, service.ended);
  });

  it('loses no call over kept HTTP/1.1 connections: each is answered, or refused and never begun', async () => {
    const service = useService();
    const { edge } = await service.ready;
    const agent = new Agent({ keepAlive: true, maxSockets: 16 });
    const load = startLoad((requestId) => post({ edge, agent, requestId }));
    await load.answered(500);
    service.kill('SIGTERM');
    await expectNothingLost(load, service.ended);
    agent.destroy();
  });

  it('is not seen at all by a client that retries and has another server', async () => {
    const [going, staying] = [useService(), useService()];
    const targets = [(await going.ready).grpc, (await staying.ready).grpc];
    await using client = createUsersClient(`ipv4:${targets.join(',')}`);
    const load = startLoad((requestId) =>
      client.getUser({ id }, { headers: { 'x-request-id': requestId } }).then(() => 'OK', String),
    );
    await load.answered(500);
    going.kill('SIGTERM');
    expect((await going.ended).code).toBe(0);
    await load.answered(500);
    const ended = await load.stop();
    expect(ended.filter(({ outcome }) => outcome !== 'OK')).toEqual([]);
  });
});

/** Waits for the service's end, then stops the load: whatever did not succeed must not have been begun. */
async function expectNothingLost(load: Load, exit: Promise<{ code: number | null; stdout: string }>): Promise<void> {
  const { code, stdout } = await exit;
  const ended = await load.stop();
  const begun = new Set<string>(JSON.parse(/^begun (.*)$/m.exec(stdout)?.[1] ?? 'null'));
  const failed = ended.filter(({ outcome }) => outcome !== 'OK');
  expect(code).toBe(0);
  expect(failed.filter(({ requestId }) => begun.has(requestId))).toEqual([]);
  expect(failed.filter(({ outcome }) => outcome !== 'UNAVAILABLE')).toEqual([]);
  expect(begun.size).toBe(ended.length - failed.length);
}

interface Load {
  /** Resolves when so many more calls have ended well; rejects when no lane is left. */
  answered(count: number): Promise<void>;
  /** Lets the calls in flight end; gives all that ended since the start. */
  stop(): Promise<Ended[]>;
}

/** Calls on 32 lanes, one after another each, until stopped. A lane ends with its first call that does not succeed. */
function startLoad(call: (requestId: string) => Promise<string>): Load {
  const ended: Ended[] = [];
  let stopped = false;
  let made = 0;
  let waiter = { count: Number.POSITIVE_INFINITY, resolve: () => {}, reject: (_: Error) => {} };
  const lane = async () => {
    while (!stopped) {
      const requestId = `call-${made++}`;
      const outcome = await call(requestId);
      ended.push({ requestId, outcome });
      if (outcome !== 'OK') return;
      if (--waiter.count <= 0) waiter.resolve();
    }
  };
  const lanes = Promise.all(Array.from({ length: 32 }, lane));
  void lanes.then(() => waiter.reject(new Error('no call succeeds any more')));
  return {
    answered: (count) =>
      new Promise((resolve, reject) => {
        waiter = { count, resolve, reject };
      }),
    async stop() {
      stopped = true;
      await lanes;
      return ended;
    },
  };
}

function post({ edge, agent, requestId }: { edge: string; agent: Agent; requestId: string }): Promise<string> {
  const headers = { 'content-type': 'application/json', 'x-request-id': requestId };
  return new Promise((resolve) => {
    const call = request(`http://${edge}${path}`, { agent, method: 'POST', headers }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode === 200 ? 'OK' : toOutcome(response.statusCode)));
    });
    call.once('error', (error: NodeJS.ErrnoException) => {
      // A reset of a new connection: the listener closed before it took it.
      const refused = error.code === 'ECONNREFUSED' || (error.code === 'ECONNRESET' && !call.reusedSocket);
      resolve(refused ? 'UNAVAILABLE' : String(error));
    });
    call.end(JSON.stringify({ id }));
  });
}

function toOutcome(status: number | undefined): string {
  return status === 503 ? 'UNAVAILABLE' : `HTTP ${status}`;
}
