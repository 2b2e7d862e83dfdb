import { setTimeout as sleep } from 'node:timers/promises';
import { once } from '@tandem/rpc';
import { PgBoss } from 'pg-boss';
import type { JobConsumers, JobQueue } from './job-store.ts';
import { jobQueues } from './job-store.ts';
import { explainDriverError } from './postgres-errors.ts';
import { jobsOptions } from './postgres-job-writer.ts';
import { toConnectionSettings } from './postgres-pool.ts';

/** How many jobs of a queue a process works on at once. */
const workersPerQueue = 2;
/** How soon a job that became due while nobody was nudged is found. */
const pollSeconds = 2;
/** How soon a job whose worker was killed is noticed, once its heartbeat is missed. */
const superviseSeconds = 5;
/** One run of a job; less than what the queues allow. */
const maxRunMs = 300_000;
/** Above the statement_timeout: only a server that has fallen silent is cut off by it. */
const queryTimeoutMs = 12_000;
const connectTimeoutMs = 2_000;
const complainEveryMs = 60_000;
/** For jobs in work to end; less is not to be had of pg-boss. */
const gracefulStopMs = 1_000;
/** For all of a stop: what a silent database still holds ends with the process, and its jobs are tried again. */
const stopMaxMs = 1_500;

interface WorkerLog {
  warn(fields: object, text: string): void;
}

export interface JobWorkerOptions {
  readonly url: string;
  readonly consumers: JobConsumers;
  readonly log: WorkerLog;
  /** Told of every run of a job that is over. */
  readonly onRun: (run: { readonly queue: JobQueue; readonly outcome: 'done' | 'failed' }) => void;
}

/** How many jobs a queue has in each state, a few seconds old at most. */
export interface QueueCount {
  readonly queue: string;
  readonly state: 'ready' | 'deferred' | 'active';
  readonly count: number;
}

/** Works on jobs until it is stopped; disposing stops it. */
export interface JobWorker extends AsyncDisposable {
  countJobs(): Promise<QueueCount[]>;
  /** Takes no more jobs and aborts those in work, which are tried again elsewhere. */
  stop(): Promise<void>;
}

/**
 * Works on the jobs of the users database, with connections of its own. Each is done at least once; one that fails is
 * tried again later and later, and in the end lies among the dead letters.
 *
 * @throws an error of one line when the database cannot be worked with
 */
export async function startJobWorker({ url, consumers, log, onRun }: JobWorkerOptions): Promise<JobWorker> {
  const boss = openBoss(url);
  const stopping = new AbortController();
  complainTo(log, boss);
  await boss.start().catch((error: unknown) => {
    throw new Error(`USERS_DATABASE_URL: jobs cannot be worked on: ${explainDriverError(error, 'jobs').message}`);
  });
  for (const queue of jobQueues) {
    for (let worker = 0; worker < workersPerQueue; worker += 1) {
      await workOn(boss, { queue, consumers, signal: stopping.signal, log, onRun });
    }
  }
  const stop = once(async () => {
    stopping.abort(new Error('The service is shutting down.'));
    await Promise.race([
      boss.stop({ graceful: true, timeout: gracefulStopMs }),
      sleep(stopMaxMs, undefined, { ref: false }),
    ]);
  });
  return { countJobs: () => countJobs(boss), stop, [Symbol.asyncDispose]: stop };
}

function openBoss(url: string): PgBoss {
  const { options = '', connectionString = url } = toConnectionSettings({ url });
  const settings = { keepAlive: true, query_timeout: queryTimeoutMs };
  return new PgBoss({
    ...jobsOptions,
    ...settings,
    connectionString,
    options,
    application_name: 'tandem-users-jobs',
    connectionTimeoutMillis: connectTimeoutMs,
    max: 2,
    useListenNotify: true,
    superviseIntervalSeconds: superviseSeconds,
    monitorIntervalSeconds: superviseSeconds,
  });
}

interface Work extends Pick<JobWorkerOptions, 'consumers' | 'log' | 'onRun'> {
  readonly queue: JobQueue;
  readonly signal: AbortSignal;
}

async function workOn(boss: PgBoss, work: Work): Promise<void> {
  const pace = { pollingIntervalSeconds: pollSeconds, notifyPollingIntervalSeconds: pollSeconds };
  const worker = await boss.work<object>(work.queue, pace, async ([job]) => {
    if (job === undefined) return;
    await run(work, { id: job.id, data: job.data, signal: job.signal });
    // There may be more: looked for at once, not at the next poll.
    boss.notifyWorker(worker);
  });
}

async function run(
  { queue, consumers, signal, log, onRun }: Work,
  job: { readonly id: string; readonly data: object; readonly signal: AbortSignal },
): Promise<void> {
  // The queue's name says what its jobs' data are; the two were checked together when the job was enqueued.
  const consume = consumers[queue] as JobConsumers[JobQueue];
  const bounds = {
    requestId: job.id,
    traceparent: undefined,
    deadline: Date.now() + maxRunMs,
    signal: AbortSignal.any([signal, job.signal]),
  };
  try {
    await consume(job.data as never, bounds);
    onRun({ queue, outcome: 'done' });
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    onRun({ queue, outcome: 'failed' });
    if (!signal.aborted) log.warn({ queue, jobId: job.id, problem }, 'job failed; it will be tried again');
    // Kept with the job for a person to read: the message alone, without what led to it.
    throw new Error(problem);
  }
}

/** pg-boss complains at every poll of a database that is away: once a minute is enough. */
function complainTo(log: WorkerLog, boss: PgBoss): void {
  let lastAt = Number.NEGATIVE_INFINITY;
  boss.on('error', (error: unknown) => {
    if (performance.now() - lastAt < complainEveryMs) return;
    lastAt = performance.now();
    log.warn({ problem: explainDriverError(error, 'jobs').message }, 'jobs cannot be worked on; trying again');
  });
  boss.on('warning', ({ message }: { message: string }) => log.warn({ problem: message }, 'jobs'));
}

async function countJobs(boss: PgBoss): Promise<QueueCount[]> {
  const queues = await boss.getQueues();
  return queues.flatMap(({ name: queue, readyCount, deferredCount, activeCount }) => [
    { queue, state: 'ready' as const, count: readyCount },
    { queue, state: 'deferred' as const, count: deferredCount },
    { queue, state: 'active' as const, count: activeCount },
  ]);
}
