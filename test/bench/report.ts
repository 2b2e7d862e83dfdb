import type { Measured } from './measure.ts';
import { type Column, formatTable } from './statistics/format-table.ts';
import { computeMedian, estimateMedian } from './statistics/median-interval.ts';

/** The windows of one side, by round. */
export type Rounds = readonly Measured[];

export interface WorkloadResult {
  readonly name: string;
  readonly notes: readonly string[];
  readonly ours: Rounds;
  readonly peers: ReadonlyMap<string, Rounds>;
  readonly limits: ReadonlyMap<string, Rounds>;
}

/** Below this, something else than the server was the limit. */
const BUSY_ENOUGH = 0.9;

/** The table, then what a reader must know to believe it. */
export function formatReport(results: readonly WorkloadResult[]): string {
  const peerNames = [...new Set(results.flatMap(({ peers }) => [...peers.keys()]))];
  const table = formatTable(
    listColumns(peerNames),
    results.map((result) => formatRow(result, peerNames)),
  );
  const notes = [
    ...listCommonNotes(results),
    ...results.flatMap(({ notes }) => notes),
    ...results.flatMap(listCounts),
    ...results.flatMap(listDoubts),
  ];
  return [table, '', formatTimes(results, peerNames), '', ...notes.map((note) => `- ${note}`)].join('\n');
}

function listColumns(peerNames: readonly string[]): Column[] {
  const right = 'right' as const;
  const ofPeers = peerNames.map((name) => ({ title: `${name}/s`, align: right }));
  const ratios = peerNames.map((name) => ({ title: `ours ÷ ${name}` }));
  const cpu = ['ours', ...peerNames].map((name) => ({ title: `${name} CPU ms`, align: right }));
  return [
    { title: 'workload' },
    { title: 'ours/s', align: right },
    ...ofPeers,
    ...ratios,
    { title: 'of the limit' },
    ...cpu,
  ];
}

function formatRow({ name, ours, peers, limits }: WorkloadResult, peerNames: readonly string[]): string[] {
  const sides = peerNames.map((peer) => peers.get(peer) ?? []);
  const fractions = [...limits].map(([limit, rounds]) => `${computeMedian(compare(ours, rounds)).toFixed(2)} ${limit}`);
  return [
    name,
    formatRate(ours),
    ...sides.map(formatRate),
    ...sides.map((side) => formatRatio(ours, side)),
    fractions.join(', '),
    ...[ours, ...sides].map(formatCpu),
  ];
}

/** How long a call takes, and the store for it. */
function formatTimes(results: readonly WorkloadResult[], peerNames: readonly string[]): string {
  const sideNames = ['ours', ...peerNames];
  const columns = sideNames.flatMap((name) => [`${name} p50 ms`, `${name} p99 ms`, `${name} MongoDB ms`]);
  return formatTable(
    [{ title: 'a call' }, ...columns.map((title) => ({ title, align: 'right' as const }))],
    results.map(({ name, ours, peers }) => [
      name,
      ...[ours, ...peerNames.map((peer) => peers.get(peer) ?? [])].flatMap(formatSideTimes),
    ]),
  );
}

function formatSideTimes(rounds: Rounds): string[] {
  const latencies = rounds.flatMap(({ latenciesMs = [] }) => latenciesMs).sort((a, b) => a - b);
  const quantile = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))];
  const store = computeMedian(rounds.flatMap(({ storeCpuMs }) => storeCpuMs ?? [])) / 1000;
  return [quantile(0.5), quantile(0.99), Number.isNaN(store) ? undefined : store].map((time) => time?.toFixed(2) ?? '');
}

/** The ratio of each round by itself: what slows the machine down slows both sides of a round. */
function compare(ours: Rounds, other: Rounds): number[] {
  return ours.flatMap(({ callsPerSecond }, round) => {
    const against = other[round]?.callsPerSecond;
    return against === undefined ? [] : [callsPerSecond / against];
  });
}

function formatRatio(ours: Rounds, peer: Rounds): string {
  const ratios = compare(ours, peer);
  if (ratios.length === 0) return '';
  const { median, low, high } = estimateMedian(ratios);
  return `${median.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`;
}

function formatRate(rounds: Rounds): string {
  if (rounds.length === 0) return '';
  return Math.round(computeMedian(rounds.map(({ callsPerSecond }) => callsPerSecond))).toLocaleString('en');
}

function formatCpu(rounds: Rounds): string {
  const cpu = computeMedian(rounds.flatMap(({ cpuMs }) => cpuMs ?? []));
  return Number.isNaN(cpu) ? '' : cpu.toFixed(1);
}

function listCommonNotes(results: readonly WorkloadResult[]): string[] {
  const rounds = Math.min(...results.map(({ ours }) => ours.length));
  const { coverage } = estimateMedian(new Array<number>(rounds).fill(1));
  const percent = `${(coverage * 100).toFixed(0)} %`;
  const doubt = coverage < 0.95 ? ': too few rounds for 95 %' : '';
  return [
    `ratio: median of the ratios of ${rounds} round${rounds === 1 ? '' : 's'}, and the interval that holds the true median with ${percent}${doubt}; ` +
      'calls per second are context only, they belong to this machine.',
    'CPU ms: processor time of the server per 1000 calls, without its stores.',
    'p50, p99: of all calls of all windows, as they are in flight together; MongoDB ms: its processor time per call.',
  ];
}

/** What was counted beside calls. */
function listCounts({ name, ours, peers }: WorkloadResult): string[] {
  const sides = [['ours', ours] as const, ...peers];
  const list = (what: string, tell: (rounds: Rounds) => string | undefined) => {
    const told = sides.flatMap(([side, rounds]) => {
      const count = tell(rounds);
      return count === undefined ? [] : [`${side} ${count}`];
    });
    return told.length === 0 ? [] : [`${name}: ${what}: ${told.join(', ')}.`];
  };
  return [
    ...list('reads of the database for each deletion of the key', (rounds) => {
      const reads = rounds.flatMap(({ readsPerDeletion }) => readsPerDeletion ?? []);
      return reads.length === 0 ? undefined : computeMedian(reads).toFixed(1);
    }),
    ...list('stale replies', (rounds) => {
      const judged = rounds.filter(({ stale }) => stale !== undefined);
      const sum = (of: (measured: Measured) => number | undefined) =>
        judged.reduce((total, measured) => total + (of(measured) ?? 0), 0);
      return judged.length === 0 ? undefined : `${sum(({ stale }) => stale)} of ${sum(({ answered }) => answered)}`;
    }),
  ];
}

/** Where a ratio may say something about the load or the stores rather than about the servers. */
function listDoubts({ name, ours, peers }: WorkloadResult): string[] {
  return [['ours', ours] as const, ...peers].flatMap(([side, rounds]) => {
    const server = computeMedian(rounds.flatMap(({ serverBusy }) => serverBusy ?? []));
    const load = computeMedian(rounds.flatMap(({ loadBusy }) => loadBusy ?? []));
    if (Number.isNaN(server) || server >= BUSY_ENOUGH) return [];
    const [used, sent] = [server, load].map((busy) => `${Math.round(busy * 100)} %`);
    return [
      `${name}, ${side}: the server used only ${used} of its core (the load ${sent} of its own): the load, the stores or other programs set that rate; believe the CPU ms.`,
    ];
  });
}
