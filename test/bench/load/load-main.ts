import { createRandom } from '@tandem/rpc/testing/random';
import { readCpuMs } from '../machine/cpu-time.ts';
import { workloads } from '../workloads/list.ts';
import { closeAll, drive, driveOnce } from './drive.ts';
import { listHeaders, openSession } from './open-session.ts';
import type { WindowOrder, WindowResult } from './window.ts';

const DEFAULT_CONNECTIONS = 4;
/** 64 in all. */
const DEFAULT_IN_FLIGHT = 16;

process.on('message', (order: WindowOrder) => {
  runWindow(order).then(
    (result) => process.send?.(result),
    (error: Error) => {
      console.error(`The load failed: ${error.message}`);
      process.exit(1);
    },
  );
});
process.on('disconnect', () => process.exit(0));

async function runWindow(order: WindowOrder): Promise<WindowResult> {
  const { workload: name, port, pids, storePid, windowMs, users, posts, seed } = order;
  const workload = workloads.find((candidate) => candidate.name === name);
  if (workload === undefined) throw new Error(`there is no workload ${name}`);
  const requests = workload.makeRequests({ users, posts, random: createRandom(seed).fraction });
  const connections = workload.connections ?? DEFAULT_CONNECTIONS;
  const sessions = await Promise.all(Array.from({ length: connections }, () => openSession(port)));
  const server = createStopwatch(() => sumCpuMs(pids));
  const store = createStopwatch(() => sumCpuMs(storePid === undefined ? [] : [storePid]));
  const load = createStopwatch(readOwnCpuMs);
  const watches = [server, store, load];
  const options = {
    sessions,
    requests,
    headersOf: (path = workload.path) => listHeaders({ path, port }),
    onWindowStart: () => watches.forEach((watch) => void watch.start()),
    onWindowEnd: () => watches.forEach((watch) => void watch.stop()),
  };
  const rows = workload.countRows?.({ users, posts });
  const result =
    rows === undefined
      ? await drive({ ...options, inFlightPerSession: workload.inFlightPerConnection ?? DEFAULT_IN_FLIGHT, windowMs })
      : await driveOnce(options);
  closeAll(sessions);
  const calls = rows === undefined ? result.calls : result.calls * rows;
  return {
    ...result,
    calls,
    serverCpuMs: server.elapsed,
    storeCpuMs: store.elapsed,
    loadCpuMs: load.elapsed ?? 0,
  };
}

/** Undefined when there is none, or one cannot be read. */
function sumCpuMs(pids: readonly number[]): number | undefined {
  const times = pids.flatMap((pid) => readCpuMs(pid) ?? []);
  return times.length > 0 && times.length === pids.length ? times.reduce((sum, time) => sum + time) : undefined;
}

interface Stopwatch {
  start(): void;
  stop(): void;
  readonly elapsed: number | undefined;
}

function createStopwatch(read: () => number | undefined): Stopwatch {
  let from: number | undefined;
  let elapsed: number | undefined;
  return {
    start() {
      from = read();
    },
    stop() {
      const to = read();
      elapsed = from === undefined || to === undefined ? undefined : to - from;
    },
    get elapsed() {
      return elapsed;
    },
  };
}

function readOwnCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
