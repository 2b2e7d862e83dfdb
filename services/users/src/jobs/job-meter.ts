import { Counter, Gauge } from 'prom-client';
import type { JobQueue } from '../store/job-store.ts';

/** How jobs fare, for `/metrics`. */
export interface JobMeter {
  readonly metrics: readonly (Counter | Gauge)[];
  countRun(run: { readonly queue: JobQueue; readonly outcome: 'done' | 'failed' }): void;
  /** From where the jobs are counted when they are asked for. */
  watch(
    counts: () => Promise<readonly { readonly queue: string; readonly state: string; readonly count: number }[]>,
  ): void;
}

export function createJobMeter(): JobMeter {
  let readCounts: Parameters<JobMeter['watch']>[0] = async () => [];
  const runs = new Counter({
    name: 'tandem_job_runs_total',
    help: 'Runs of jobs in this process, by queue and outcome; one that failed is tried again.',
    labelNames: ['queue', 'outcome'],
    registers: [],
  });
  const jobs = new Gauge({
    name: 'tandem_jobs',
    help: 'Jobs of all processes that are not done, by queue and state. Whatever is in dead-letters needs a person.',
    labelNames: ['queue', 'state'],
    registers: [],
    async collect() {
      for (const { queue, state, count } of await readCounts().catch(() => [])) this.set({ queue, state }, count);
    },
  });
  return {
    metrics: [runs, jobs],
    countRun: (run) => runs.inc(run),
    watch: (counts) => {
      readCounts = counts;
    },
  };
}
