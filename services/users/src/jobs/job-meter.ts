import { within } from '@tandem/rpc';
import { Counter, Gauge } from 'prom-client';
import type { JobQueue } from '../store/job-store.ts';

type JobCounts = readonly { readonly queue: string; readonly state: string; readonly count: number }[];

/** For counting: whoever scrapes is not kept waiting by a silent database, and sees no figures of jobs then. */
const countMaxMs = 500;

/** How jobs fare, for `/metrics`. */
export interface JobMeter {
  readonly metrics: readonly (Counter | Gauge)[];
  countRun(run: { readonly queue: JobQueue; readonly outcome: 'done' | 'failed' }): void;
  /** From where the jobs are counted when they are asked for. */
  watch(counts: () => Promise<JobCounts>): void;
}

export function createJobMeter(): JobMeter {
  let readCounts: () => Promise<JobCounts> = async () => [];
  let counting: Promise<JobCounts> | undefined;
  /** One at a time, however many scrape. */
  const count = () => {
    counting ??= readCounts()
      .catch(() => [])
      .finally(() => {
        counting = undefined;
      });
    return within(countMaxMs, counting);
  };
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
    // Every process counts the same: of several workers one tells.
    aggregator: 'first',
    registers: [],
    async collect() {
      this.reset();
      for (const { queue, state, count: jobsThere } of (await count()) ?? []) this.set({ queue, state }, jobsThere);
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
