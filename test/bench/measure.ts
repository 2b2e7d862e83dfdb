import { createRandom } from '@tandem/rpc/testing/random';
import type { LoadProcess } from './load/load-process.ts';
import type { WindowResult } from './load/window.ts';
import type { Placement } from './machine/placement.ts';
import { POOL_SIZE } from './servers/programs.ts';
import type { RunningServer } from './servers/start-server.ts';
import type { BenchStores } from './stores/bench-stores.ts';
import { runPgbench } from './stores/pgbench.ts';
import type { Limit, WindowCounts, Workload } from './workload.ts';

/** What one window showed of one side. */
export interface Measured extends WindowCounts {
  readonly callsPerSecond: number;
  /** Replies that were older than an answer before them, of how many. */
  readonly stale?: number;
  readonly answered?: number;
  /** Processor time of the server per 1000 calls, ms. */
  readonly cpuMs?: number;
  /** Processor time of the store per 1000 calls, ms; where it is one process. */
  readonly storeCpuMs?: number;
  /** How long each call took, ms. */
  readonly latenciesMs?: readonly number[];
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
    const { users, posts, mongodbPid } = stores;
    const { port, pids } = server;
    const storePid = workload.store === 'mongodb' ? mongodbPid : undefined;
    const result = await load.runWindow({
      workload: workload.name,
      port,
      pids,
      storePid,
      windowMs,
      users,
      posts,
      seed,
    });
    if (result.failed > 0 || result.calls === 0) {
      const fault =
        result.failed > 0
          ? `${result.failed} calls failed, the first by ${result.firstFailure}`
          : 'no call was answered';
      throw new Error(`${workload.name}, ${side}: ${fault}. A run with a reply that is not OK counts for nothing.`);
    }
    if (side === 'ours' && (result.stale ?? 0) > 0) {
      throw new Error(`${workload.name}: ${result.stale} replies were older than a write that was answered before.`);
    }
    let counts: WindowCounts = {};
    const note = (noted: WindowCounts) => {
      counts = noted;
    };
    await check?.({ answered: result.answered, note });
    return { ...toMeasured(result), ...counts };
  };
}

function toMeasured(result: WindowResult): Measured {
  const { calls, durationMs, latenciesMs, serverCpuMs, storeCpuMs, loadCpuMs, stale, answered } = result;
  return {
    ...(stale === undefined ? {} : { stale, answered }),
    callsPerSecond: (calls * 1000) / durationMs,
    latenciesMs,
    loadBusy: loadCpuMs / durationMs,
    ...(storeCpuMs === undefined ? {} : { storeCpuMs: (storeCpuMs * 1000) / calls }),
    ...(serverCpuMs === undefined ? {} : { cpuMs: (serverCpuMs * 1000) / calls, serverBusy: serverCpuMs / durationMs }),
  };
}

/** The bench itself inserts, with the load's and the server's cores free. */
export function measureInserts(
  { workload, limit }: { workload: Workload; limit: Extract<Limit, { kind: 'inserts' }> },
  { stores }: { stores: BenchStores },
): Measure {
  return async ({ seed }) => {
    const { users, posts } = stores;
    const tookMs = await limit.insert(stores, { users, posts, random: createRandom(seed).fraction });
    return { callsPerSecond: ((workload.countRows?.({ users, posts }) ?? 0) * 1000) / tookMs };
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
