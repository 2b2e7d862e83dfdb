import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProcessGuard } from '@tandem/dev-stack';
import { createRandom } from '@tandem/rpc/testing/random';
import { type LoadProcess, startLoad } from './load/load-process.ts';
import { shuffle } from './load/shuffle.ts';
import { type Placement, readPlacement } from './machine/placement.ts';
import { type Measure, type Measured, measureInserts, measurePgbench, measureServer } from './measure.ts';
import type { BenchOptions } from './options.ts';
import { formatReport, type WorkloadResult } from './report.ts';
import { type RunningServer, startServer } from './servers/start-server.ts';
import { type BenchStores, startBenchStores } from './stores/bench-stores.ts';
import { findPgbench, writeScript } from './stores/pgbench.ts';
import type { Limit, ServerProgram, Workload } from './workload.ts';

const WARM_UP_WINDOWS = 2;

interface Side {
  readonly kind: 'ours' | 'peer' | 'limit';
  readonly name: string;
  readonly measure: Measure;
  readonly rounds: Measured[];
}

interface Contest {
  readonly workload: Workload;
  readonly sides: readonly Side[];
}

interface House {
  readonly guard: ProcessGuard;
  readonly stores: BenchStores;
  readonly placement: Placement;
  readonly load: LoadProcess;
  readonly servers: ReadonlyMap<ServerProgram, RunningServer>;
}

/**
 * Starts everything, loads one side at a time, and answers the report.
 *
 * @throws at the first reply that is not right
 */
export async function runBench(
  workloads: readonly Workload[],
  { options, log }: { options: BenchOptions; log: (line: string) => void },
): Promise<string> {
  const placement = await readPlacement();
  log(
    `Bench: ${placement.description}; ${options.users.toLocaleString('en')} users, ${options.posts.toLocaleString('en')} posts; rounds: ${options.rounds}, windows of ${options.windowMs} ms.`,
  );
  const { stack, stores } = await startBenchStores({ ...options, placement, log });
  await using _stack = stack;
  // Of its own: the servers end before the stores they use.
  await using guard = new ProcessGuard();
  const servers = await startServers(workloads, { guard, stores, placement, log });
  const load = await startLoad({ guard, cpus: placement.load });
  const house: House = { guard, stores, placement, load, servers };
  const contests: Contest[] = [];
  for (const workload of workloads) contests.push({ workload, sides: await listSides(workload, { house, log }) });
  await warmUp(contests, { options, log });
  await runRounds(contests, { options, log });
  return formatReport(contests.map(summarize));
}

async function startServers(
  workloads: readonly Workload[],
  { guard, stores, placement, log }: Pick<House, 'guard' | 'stores' | 'placement'> & { log: (line: string) => void },
): Promise<Map<ServerProgram, RunningServer>> {
  const servers = new Map<ServerProgram, RunningServer>();
  const start = async (program: ServerProgram): Promise<RunningServer> => {
    const running = servers.get(program);
    if (running !== undefined) return running;
    const users = program.users && (await start(program.users));
    if (program.seed !== undefined) log(`Making the posts of ${program.name} …`);
    await program.seed?.(stores);
    const started = await startServer(program, { guard, stores, users, cpus: placement.server });
    servers.set(program, started);
    return started;
  };
  for (const program of workloads.flatMap(listPrograms)) await start(program);
  return servers;
}

function listPrograms({ ours, peers, limits }: Workload): ServerProgram[] {
  const ofLimits = limits.flatMap((limit) => (limit.kind === 'server' ? [limit.program] : []));
  return [ours, ...Object.values(peers), ...ofLimits];
}

async function listSides(
  workload: Workload,
  { house, log }: { house: House; log: (line: string) => void },
): Promise<Side[]> {
  const { ours, peers, limits } = workload;
  const sideOf = (kind: Side['kind'], name: string, program: ServerProgram): Side => {
    const server = house.servers.get(program);
    if (server === undefined) throw new Error(`The server "${program.name}" was not started.`);
    return { kind, name, measure: measureServer({ workload, side: name, server }, house), rounds: [] };
  };
  const sides = [
    sideOf('ours', 'ours', ours),
    ...Object.entries(peers).map(([name, program]) => sideOf('peer', name, program)),
  ];
  for (const limit of limits) {
    if (limit.kind === 'server') sides.push(sideOf('limit', limit.name, limit.program));
    else if (limit.kind === 'pgbench') sides.push(...(await listPgbenchSides(limit, { workload, house, log })));
    else
      sides.push({ kind: 'limit', name: limit.name, measure: measureInserts({ workload, limit }, house), rounds: [] });
  }
  return sides;
}

async function listPgbenchSides(
  { name, script }: Extract<Limit, { kind: 'pgbench' }>,
  { workload, house, log }: { workload: Workload; house: House; log: (line: string) => void },
): Promise<Side[]> {
  const program = await findPgbench(house.stores.postgresPid);
  if (program === undefined) {
    log(`${workload.name}: no limit, there is no pgbench beside the server or on the PATH.`);
    return [];
  }
  const folder = await mkdtemp(join(tmpdir(), 'tandem-bench-'));
  house.guard.removeFolderAtEnd(folder);
  const scriptFile = await writeScript({ folder, name: workload.name, script: script(house.stores) });
  return [{ kind: 'limit', name, measure: measurePgbench({ program, scriptFile }, house), rounds: [] }];
}

async function warmUp(
  contests: readonly Contest[],
  { options, log }: { options: BenchOptions; log: (line: string) => void },
): Promise<void> {
  log('Warming up …');
  for (let window = 1; window <= WARM_UP_WINDOWS; window++) {
    for (const { sides } of contests) {
      for (const { measure } of sides) await measure({ windowMs: options.windowMs, seed: -window });
    }
  }
}

/** Each round in another order; the windows of a workload next to each other, since their ratio is what counts. */
async function runRounds(
  contests: readonly Contest[],
  { options, log }: { options: BenchOptions; log: (line: string) => void },
): Promise<void> {
  const random = createRandom(options.rounds).fraction;
  for (let round = 1; round <= options.rounds; round++) {
    for (const { sides } of shuffle(contests, random)) {
      for (const { measure, rounds } of shuffle(sides, random)) {
        rounds.push(await measure({ windowMs: options.windowMs, seed: round }));
      }
    }
    log(`Round ${round} of ${options.rounds}`);
  }
}

function summarize({ workload, sides }: Contest): WorkloadResult {
  const listRounds = (kind: Side['kind']) =>
    new Map(sides.filter((side) => side.kind === kind).map(({ name, rounds }) => [name, rounds] as const));
  return {
    name: workload.name,
    notes: workload.notes,
    ours: listRounds('ours').get('ours') ?? [],
    peers: listRounds('peer'),
    limits: listRounds('limit'),
  };
}
