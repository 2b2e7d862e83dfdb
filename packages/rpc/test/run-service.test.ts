import { createUsersClient } from '@tandem/contracts';
import { describe, expect, it } from 'vitest';
import { useService } from './use-service.ts';

const id = '0190abcd-0000-7000-8000-000000000001';

describe("a service's process", () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('prints one ready line, and exits 0 after %s', async (signal) => {
    const service = useService();
    await service.ready;
    service.kill(signal);
    const { code, stdout } = await service.ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/^users ready grpc=127\.0\.0\.1:\d+ edge=127\.0\.0\.1:\d+\nbegun \[\]\n$/);
  });

  it('that cannot start says why in one line and exits 1', async () => {
    const { code, stdout, stderr } = await useService({ MODE: 'start' }).ended;
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toBe('users cannot start: USERS_DATABASE_URL is missing; | set it.\n');
  });

  it('whose port is in use says so in one line and exits 1', async () => {
    const { grpc } = await useService().ready;
    const { code, stderr } = await useService({ PORT: grpc.split(':')[1] ?? '' }).ended;
    expect(code).toBe(1);
    expect(stderr).toBe(
      `users cannot start: users cannot listen on ${grpc} (gRPC): the port is in use; stop what uses it, or choose another.\n`,
    );
  });

  it.each(['throw', 'reject'])('says in one line what defect nobody caught (%s), and exits 1', async (MODE) => {
    const service = useService({ MODE });
    const { grpc } = await service.ready;
    const call = createUsersClient(grpc, { maxAttempts: 1 }).getUser({ id }, { timeoutMs: 5000 });
    await expect(call).rejects.toThrow();
    const { code, stderr } = await service.ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^users ended by a defect: .*\n$/);
  });

  it('ends at once by a second signal', async () => {
    const service = useService({ MODE: 'block', GRACE_MS: '60000' });
    const { grpc } = await service.ready;
    const call = createUsersClient(grpc, { maxAttempts: 1 }).getUser({ id });
    call.catch(() => {});
    const { edge } = await service.ready;
    await untilInFlight(edge);
    service.kill('SIGTERM');
    service.kill('SIGINT');
    expect((await service.ended).code).toBe(1);
  });

  it('ends with exit code 0, though a store never closes', async () => {
    const service = useService({ MODE: 'close' });
    await service.ready;
    service.kill('SIGTERM');
    expect((await service.ended).code).toBe(0);
  });

  it('ends with exit code 0 after the grace, though a handler never comes to its end', async () => {
    const service = useService({ MODE: 'block', GRACE_MS: '200' });
    const { grpc, edge } = await service.ready;
    const call = createUsersClient(grpc, { maxAttempts: 1 }).getUser({ id });
    const outcome = expect(call).rejects.toMatchObject({ message: expect.stringContaining('shutting down') });
    await untilInFlight(edge);
    service.kill('SIGTERM');
    await outcome;
    expect((await service.ended).code).toBe(0);
  });
});

describe('a service of several workers', () => {
  it('prints one ready line, shows the metrics of all, and exits 0 after SIGTERM', async () => {
    const service = useService({ WORKERS: '2' });
    const { edge } = await service.ready;
    const metrics = await (await fetch(`http://${edge}/metrics`)).text();
    const workers = [...metrics.matchAll(/^process_cpu_seconds_total\{worker="(\d)"\}/gm)].map(([, n]) => n);
    expect(workers).toEqual(['0', '1']);
    service.kill('SIGTERM');
    const { code, stdout } = await service.ended;
    expect(code).toBe(0);
    expect(stdout).toMatch(/^users ready grpc=\S+ edge=\S+\nbegun \[\]\nbegun \[\]\n$/);
  });

  it('that cannot start says why in one line and exits 1', async () => {
    const { code, stdout, stderr } = await useService({ WORKERS: '3', MODE: 'start' }).ended;
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toBe('users cannot start: USERS_DATABASE_URL is missing; | set it.\n');
  });
});

async function untilInFlight(edge: string): Promise<void> {
  for (;;) {
    const text = await (await fetch(`http://${edge}/metrics`)).text();
    if (text.includes('tandem_calls_in_flight{cost_class="POINT"} 1')) return;
  }
}
