import pg from 'pg';
import { PgBoss } from 'pg-boss';
import { formatTable } from '../format-table.ts';
import type { JobsArguments } from './jobs-arguments.ts';

const deadLetters = 'dead-letters';
const undefinedTable = '42P01';
/** A redrive takes so many at once. */
const redriveLimit = 1_000;

interface JobRow {
  readonly id: string;
  readonly queue: string;
  readonly state: 'created' | 'retry' | 'active' | 'completed' | 'cancelled' | 'failed';
  readonly isDead: boolean;
  readonly tries: number;
  readonly createTime: Date;
  readonly dueTime: Date;
  readonly rests: boolean;
  readonly problem: string | null;
  readonly data: object;
}

/** A dead letter is told of as the job that it was, under an id of its own. */
const selectJobs = `
  SELECT id, coalesce(source_name, name) AS queue, state::text AS state, name = '${deadLetters}' AS "isDead",
    coalesce(source_retry_count, retry_count) AS tries, coalesce(source_created_on, created_on) AS "createTime",
    start_after AS "dueTime", start_after > now() AS rests,
    coalesce(source_output, output)->>'message' AS problem, data
  FROM jobs.job`;

/** @throws Error of one line for a person */
export async function runJobs(args: JobsArguments, print: (line: string) => void): Promise<void> {
  const client = new pg.Client({ connectionString: args.url, connectionTimeoutMillis: 5_000 });
  try {
    await client.connect();
    if (args.command === 'list') await list(client, args.limit, print);
    else if (args.command === 'show') await show(client, args.id, print);
    else await retry(client, args.ids, print);
  } catch (error) {
    throw explain(error);
  } finally {
    await client.end();
  }
}

async function list(client: pg.Client, limit: number, print: (line: string) => void): Promise<void> {
  const sql = `${selectJobs} WHERE state IN ('created', 'retry', 'active') ORDER BY "isDead" DESC, created_on LIMIT $1`;
  const { rows } = await client.query<JobRow>(sql, [limit + 1]);
  if (rows.length === 0) return print('no jobs');
  const header = ['job', 'queue', 'state', 'tries', 'since', 'due', 'last problem'];
  print(formatTable(header, rows.slice(0, limit).map(toCells)));
  if (rows.length > limit) print(`… and more: --limit ${limit * 2}`);
}

function toCells(job: JobRow): string[] {
  const { id, queue, tries, createTime, dueTime, problem } = job;
  const due = job.rests ? toText(dueTime) : 'now';
  return [id, queue, toState(job), String(tries), toText(createTime), job.isDead ? 'never' : due, problem ?? ''];
}

function toState({ isDead, state, tries }: JobRow): string {
  if (isDead) return 'dead letter';
  if (state === 'created' || state === 'retry') return tries === 0 ? 'waiting' : 'to be tried again';
  return state === 'active' ? 'in work' : state;
}

function toText(time: Date): string {
  return time.toISOString().slice(0, 19).replace('T', ' ');
}

async function show(client: pg.Client, id: string, print: (line: string) => void): Promise<void> {
  const job = await find(client, id);
  const fields = {
    job: job.id,
    queue: job.queue,
    state: toState(job),
    tries: String(job.tries),
    since: toText(job.createTime),
    due: toText(job.dueTime),
    problem: job.problem ?? 'none',
    data: JSON.stringify(job.data),
  };
  for (const [name, value] of Object.entries(fields)) print(`${name.padEnd(8)} ${value}`);
}

/** Says how many. @throws Error of one line where some could not be, after the others were */
async function retry(client: pg.Client, ids: readonly string[] | 'dead', print: (line: string) => void): Promise<void> {
  const boss = new PgBoss({
    schema: 'jobs',
    migrate: false,
    supervise: false,
    schedule: false,
    registerInstance: false,
    db: { executeSql: (text, values) => client.query(text, values) },
  });
  const said = (count: number) => `${count} to be tried at once`;
  if (ids === 'dead') return print(said(await redriveAll(boss)));
  // One that is not there is found out before any is touched.
  const [jobs, left]: [JobRow[], JobRow[]] = [[], []];
  for (const id of ids) jobs.push(await find(client, id));
  for (const job of jobs) if (!(await retryOne(boss, job))) left.push(await find(client, job.id));
  if (left.length < jobs.length) print(said(jobs.length - left.length));
  if (left.length > 0) throw new Error(left.map((job) => `${job.id} is ${toState(job)}: not tried again`).join('; '));
}

async function redriveAll(boss: PgBoss): Promise<number> {
  let [count, moved] = [0, 0];
  do {
    moved = await boss.redrive(deadLetters, { limit: redriveLimit });
    count += moved;
  } while (moved > 0);
  return count;
}

/** False where it does not wait: it is in work or over. */
async function retryOne(boss: PgBoss, { id, queue, isDead }: JobRow): Promise<boolean> {
  if (isDead) return (await boss.redrive(deadLetters, { ids: [id] })) > 0;
  return (await boss.update(queue, undefined, { id, startAfter: 0 })).updated > 0;
}

async function find(client: pg.Client, id: string): Promise<JobRow> {
  const { rows } = await client.query<JobRow>(`${selectJobs} WHERE id = $1 ORDER BY "isDead" DESC`, [id]);
  const [job] = rows;
  if (job === undefined) throw new Error(`there is no job ${id}; npm run jobs -- list shows those that are not done`);
  return job;
}

function explain(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  if (!('code' in error)) return error;
  if (error.code === undefinedTable) return new Error('the database has no jobs; run "npm run migrate -- up" first');
  return new Error(`USERS_DATABASE_URL: the database cannot be asked (${error.code})`);
}
