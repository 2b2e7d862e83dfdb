import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { queryDatabase } from '../../test/support/query-database.ts';
import { useUsersDatabase } from '../../test/support/use-users-database.ts';
import { parseJobsArguments } from './jobs-arguments.ts';
import { runJobs } from './run-jobs.ts';

describe('npm run jobs', async () => {
  const url = await useUsersDatabase();

  async function run(...args: string[]): Promise<string[]> {
    const lines: string[] = [];
    await runJobs(parseJobsArguments(args, { USERS_DATABASE_URL: url })!, (line) => lines.push(line));
    return lines.flatMap((line) => line.split('\n'));
  }

  /** As pg-boss leaves one that was tried too often. */
  async function makeDeadLetter(): Promise<string> {
    const [id, userId] = [randomUUID(), randomUUID()];
    const sql = `
      INSERT INTO jobs.job (id, name, data, source_name, source_id, source_created_on, source_retry_count, source_output)
      VALUES ($1, 'dead-letters', $2, 'delete-author-posts', $3, now(), 10000, '{"message": "posts is away"}')`;
    await queryDatabase(url, sql, [id, { userId }, userId]);
    return id;
  }

  async function makeWaiting(): Promise<string> {
    const id = randomUUID();
    const sql = `INSERT INTO jobs.job (id, name, data, start_after)
      VALUES ($1, 'delete-author-posts', $2, now() + interval '1 day')`;
    await queryDatabase(url, sql, [id, { userId: id }]);
    return id;
  }

  it('says where there are none', async () => {
    expect(await run('list')).toEqual(['no jobs']);
  });

  it('lists dead letters first, then what waits, for a person to read', async () => {
    const [waiting, dead] = [await makeWaiting(), await makeDeadLetter()];
    const [header, first, second, ...rest] = await run('list');
    expect(header).toMatch(/^job +queue +state +tries +since +due +last problem$/);
    expect(first).toMatch(new RegExp(`^${dead}  delete-author-posts  dead letter  10000  .*  never  +posts is away$`));
    expect(second).toMatch(new RegExp(`^${waiting}  delete-author-posts  waiting      0      `));
    expect(rest).toEqual([]);
    expect((await run('list', '--limit', '1')).at(-1)).toBe('… and more: --limit 2');
  });

  it('shows one with its data', async () => {
    const id = await makeWaiting();
    const lines = await run('show', id);
    expect(lines).toContain(`job      ${id}`);
    expect(lines).toContain(`data     {"userId":"${id}"}`);
    await expect(run('show', randomUUID())).rejects.toThrow('there is no job');
  });

  it('has a waiting one tried at once, and a dead letter put back with its data', async () => {
    const [waiting, dead] = [await makeWaiting(), await makeDeadLetter()];
    expect(await run('retry', waiting, dead)).toEqual(['2 to be tried at once']);
    const due = `SELECT 1 FROM jobs.job WHERE name = 'delete-author-posts' AND start_after <= now() AND data ? 'userId'`;
    expect(await queryDatabase(url, due)).toHaveLength(2);
    expect(await queryDatabase(url, 'SELECT 1 FROM jobs.job WHERE id = $1', [dead])).toEqual([]);
  });

  it('says of one in work, and of one that is done, that it is not tried again, after it had the others tried', async () => {
    const [waiting, active, done] = [await makeWaiting(), await makeWaiting(), await makeWaiting()];
    for (const [id, state] of Object.entries({ [active]: 'active', [done]: 'completed' })) {
      await queryDatabase(url, 'UPDATE jobs.job SET state = $2::jobs.job_state WHERE id = $1', [id, state]);
    }
    const lines: string[] = [];
    const args = parseJobsArguments(['retry', active, waiting, done], { USERS_DATABASE_URL: url })!;
    await expect(runJobs(args, (line) => lines.push(line))).rejects.toThrow(
      `${active} is in work: not tried again; ${done} is completed: not tried again`,
    );
    expect(lines).toEqual(['1 to be tried at once']);
    await expect(run('retry', done)).rejects.toThrow('is completed');
  });

  it('touches none where one of them is not there', async () => {
    const dead = await makeDeadLetter();
    await expect(run('retry', dead, randomUUID())).rejects.toThrow('there is no job');
    expect(await queryDatabase(url, 'SELECT 1 FROM jobs.job WHERE id = $1', [dead])).toHaveLength(1);
  });

  it('puts all dead letters back, however many', async () => {
    await run('retry', '--dead');
    const sql = `
      INSERT INTO jobs.job (name, data, source_name, source_id, source_created_on, source_retry_count)
      SELECT 'dead-letters', '{}', 'delete-author-posts', gen_random_uuid(), now(), 10000 FROM generate_series(1, 2500)`;
    await queryDatabase(url, sql);
    expect(await run('retry', '--dead')).toEqual(['2500 to be tried at once']);
    expect(await queryDatabase(url, `SELECT 1 FROM jobs.job WHERE name = 'dead-letters'`)).toEqual([]);
  });

  it('refuses what it does not know, and a database without jobs, in one line', async () => {
    for (const args of [['drop'], ['show'], ['retry'], ['show', 'x'], ['list', '--limit', '0']]) {
      expect(() => parseJobsArguments(args, { USERS_DATABASE_URL: url })).toThrow();
    }
    expect(() => parseJobsArguments(['list'], {})).toThrow('USERS_DATABASE_URL');
    const away = { url: 'postgres://nobody@127.0.0.1:1/none', command: 'list', limit: 1 } as const;
    await expect(runJobs(away, () => {})).rejects.toThrow('cannot be asked (ECONNREFUSED)');
  });
});
