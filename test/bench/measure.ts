import type { LoadProcess } from './load/load-process.ts';
import type { Placement } from './machine/placement.ts';
import { POOL_SIZE } from './servers/programs.ts';
import type { RunningServer } from './servers/start-server.ts';
import type { BenchStores } from './stores/bench-stores.ts';
import { runPgbench } from './stores/pgbench.ts';
import type { Workload } from './workload.ts';

/** What one window showed of one side. */
export interface Measured {
  readonly callsPerSecond: number;
  /** Processor time of the server per 1000 calls, ms. */
  readonly cpuMs?: number;
  /** How much of one core the server, and the load, used: 1 is all of it. */
  readonly serverBusy?: number;
  readonly loadBusy?: number;
}

/** Measures one side once; the seed chooses the keys. */
export type Measure = (window: { windowMs: number; seed: number }) => Promise<Measured>;

/** @throws at any reply that is not right: such a run proves nothing */
export function measureServer(
  { workload, side, server }: { workload: Workload; side: string; server: RunningServer },
  { load, stores }: { load: LoadProcess; stores: BenchStores },
): Measure {
  return async ({ windowMs, seed }) => {
    const check = await workload.prepareWindow?.(stores);
    const order = { workload: workload.name, port: server.port, pid: server.pid, windowMs, users: stores.users, seed };
    const result = await load.runWindow(order);
    if (result.failed > 0 || result.calls === 0) {
      const fault =
        result.failed > 0
          ? `${result.failed} calls failed, the first by ${result.firstFailure}`
          : 'no call was answered';
      throw new Error(`${workload.name}, ${side}: ${fault}. A run with a reply that is not OK counts for nothing.`);
    }
    await check?.(result);
    const { calls, durationMs, serverCpuMs, loadCpuMs } = result;
    const measured = { callsPerSecond: (calls * 1000) / durationMs, loadBusy: loadCpuMs / durationMs };
    if (serverCpuMs === undefined) return measured;
    return { ...measured, cpuMs: (serverCpuMs * 1000) / calls, serverBusy: serverCpuMs / durationMs };
  };
}

/** pgbench takes the server's place, and its core. */
export function measurePgbench(
  { program, scriptFile }: { program: string; scriptFile: string },
  { stores, placement }: { stores: BenchStores; placement: Placement },
): Measure {
  return async ({ windowMs }) => {
    const url = stores.usersDatabaseUrl;
    const pgbench = { program, scriptFile, url, connections: POOL_SIZE, windowMs, cpus: placement.server };
    return { callsPerSecond: await runPgbench(pgbench) };
  };
}
