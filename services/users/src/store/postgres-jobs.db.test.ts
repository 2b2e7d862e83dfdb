import { randomUUID } from 'node:crypto';
import { waitUntil } from '@tandem/dev-stack';
import { makeCall } from '@tandem/rpc/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { queryDatabase } from '../../../../test/support/query-database.ts';
import { useUsersDatabase } from '../../../../test/support/use-users-database.ts';
import type { JobConsumers, JobWriter } from './job-store.ts';
import { startJobWorker } from './postgres-job-worker.ts';
import { createPostgresUserStore } from './postgres-user-store.ts';
import { usePool } from './testing/use-postgres.ts';

const url = await useUsersDatabase();
const store = createPostgresUserStore(usePool(url));
const queue = 'delete-author-posts';
const dayMs = 86_400_000;

function write(work: (jobs: JobWriter) => Promise<void>): Promise<object> {
  return store.transaction(makeCall(), async ({ jobs }) => {
    await work(jobs);
    return {};
  });
}

async function enqueue({ delayMs = 0 } = {}): Promise<string> {
  const id = randomUUID();
  await write((jobs) => jobs.enqueue({ queue, id, data: { userId: id }, delayMs }));
  return id;
}

async function stateOf(id: string): Promise<string | undefined> {
  const sql = `SELECT state::text FROM jobs.job WHERE name = '${queue}' AND id = $1`;
  return (await queryDatabase<{ state: string }>(url, sql, [id]))[0]?.state;
}

/** A worker for this test; `consume` may fail. */
async function useWorker(consume: JobConsumers[typeof queue]) {
  const warnings: string[] = [];
  const runs: string[] = [];
  const worker = await startJobWorker({
    url,
    consumers: { [queue]: consume, 'settle-user-with-post': async () => {} },
    log: { warn: (fields, text) => warnings.push(`${text} ${JSON.stringify(fields)}`) },
    onRun: ({ outcome }) => runs.push(outcome),
  });
  onTestFinished(() => worker[Symbol.asyncDispose]());
  return { worker, warnings, runs };
}

const within = { timeoutMs: 20_000 };

describe('a job', () => {
  it('is done once its transaction has committed', async () => {
    const done: string[] = [];
    await useWorker(async ({ userId }) => void done.push(userId));
    const id = await enqueue();
    await waitUntil(async () => (await stateOf(id)) === 'completed', within);
    expect(done).toEqual([id]);
  });

  it('is not there when its transaction was rolled back', async () => {
    const id = randomUUID();
    const failed = write(async (jobs) => {
      await jobs.enqueue({ queue, id, data: { userId: id }, delayMs: 0 });
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    expect(await stateOf(id)).toBeUndefined();
  });

  it('is there once, however often it is enqueued', async () => {
    const id = await enqueue({ delayMs: dayMs });
    await write((jobs) => jobs.enqueue({ queue, id, data: { userId: id }, delayMs: 0 }));
    expect(await queryDatabase(url, 'SELECT start_after > now() AS rests FROM jobs.job WHERE id = $1', [id])).toEqual([
      { rests: true },
    ]);
  });

  it('rests as long as it was told, unless it is hastened, and keeps its data', async () => {
    const answerTo = { caller: 'suite', method: 'm', requestId: randomUUID() };
    const seen: unknown[] = [];
    await useWorker(async (data) => void seen.push(data));
    const [resting, hastened] = [randomUUID(), randomUUID()];
    for (const id of [resting, hastened]) {
      await write((jobs) => jobs.enqueue({ queue, id, data: { userId: id, answerTo }, delayMs: dayMs }));
    }
    await write((jobs) => jobs.hasten({ queue, id: hastened }));
    await waitUntil(async () => (await stateOf(hastened)) === 'completed', within);
    expect([seen, await stateOf(resting)]).toEqual([[{ userId: hastened, answerTo }], 'created']);
  });

  it('need not be done any more once it is finished', async () => {
    const id = await enqueue({ delayMs: dayMs });
    await write((jobs) => jobs.finish({ queue, id }));
    expect(await stateOf(id)).toBe('completed');
  });

  it('is tried again after it failed, and says why for a person', async () => {
    let runs = 0;
    const { warnings, runs: outcomes } = await useWorker(async () => {
      runs += 1;
      if (runs === 1) throw new Error('posts is away');
    });
    const id = await enqueue();
    await waitUntil(async () => (await stateOf(id)) === 'completed', within);
    expect(outcomes).toEqual(['failed', 'done']);
    expect(warnings).toEqual([expect.stringMatching(/tried again .*posts is away/)]);
  });

  it('may finish itself in a transaction of its own', async () => {
    const { warnings, runs } = await useWorker(({ userId: id }) =>
      write((jobs) => jobs.finish({ queue, id })).then(() => {}),
    );
    const id = await enqueue();
    await waitUntil(async () => runs.length > 0 && (await stateOf(id)) === 'completed', within);
    expect([runs, warnings]).toEqual([['done'], []]);
  });

  it('lies among the dead letters when it was tried often enough', async () => {
    const id = await enqueue({ delayMs: dayMs });
    await queryDatabase(url, 'UPDATE jobs.job SET retry_limit = 0, start_after = now() WHERE id = $1', [id]);
    await useWorker(async () => {
      throw new Error('never');
    });
    const dead = `SELECT source_id FROM jobs.job WHERE name = 'dead-letters' AND source_id = $1`;
    await waitUntil(async () => (await queryDatabase(url, dead, [id])).length === 1, within);
  });
});

describe('a worker', () => {
  it('does what has piled up without resting between two', async () => {
    const done: string[] = [];
    const ids = await Promise.all(Array.from({ length: 30 }, () => enqueue()));
    await useWorker(async ({ userId }) => void done.push(userId));
    // Two at a time, at a poll every two seconds, would take half a minute.
    await waitUntil(() => done.length === ids.length, within);
    expect(new Set(done)).toEqual(new Set(ids));
  });

  it('aborts what is in work when it is stopped, and leaves it to another', async () => {
    const begun = Promise.withResolvers<void>();
    const { worker, warnings } = await useWorker(async (_, { signal }) => {
      begun.resolve();
      await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    });
    const id = await enqueue();
    await begun.promise;
    await worker.stop();
    await waitUntil(async () => (await stateOf(id)) === 'retry', within);
    expect(warnings).toEqual([]);
  });

  it('counts what is left by queue and state', async () => {
    await enqueue({ delayMs: dayMs });
    const { worker } = await useWorker(async () => {});
    const deferred = async () =>
      (await worker.countJobs()).find((one) => one.queue === queue && one.state === 'deferred');
    await waitUntil(async () => ((await deferred())?.count ?? 0) > 0, within);
  });
});
