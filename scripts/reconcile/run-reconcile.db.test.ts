import { randomUUID } from 'node:crypto';
import { MongoClient } from 'mongodb';
import { afterAll, describe, expect, it } from 'vitest';
import { queryDatabase } from '../../test/support/query-database.ts';
import { usePostsDatabase } from '../../test/support/use-posts-database.ts';
import { useUsersDatabase } from '../../test/support/use-users-database.ts';
import { openDatabases } from './databases.ts';
import { findDifferences } from './find-differences.ts';
import { runReconcile } from './run-reconcile.ts';

interface Document {
  _id: string;
  [field: string]: unknown;
}

describe('npm run reconcile', async () => {
  const [usersUrl, postsUrl] = [await useUsersDatabase(), await usePostsDatabase()];
  const mongo = new MongoClient(postsUrl);
  afterAll(() => mongo.close());
  const guards = mongo.db().collection<Document>('author_guards');
  const posts = mongo.db().collection<Document>('posts');

  /** All that it prints. */
  async function print(fix: boolean): Promise<string[]> {
    const lines: string[] = [];
    const found = await runReconcile({ usersUrl, postsUrl, fix }, (line) => lines.push(line));
    expect(lines).toHaveLength(found === 0 ? 1 : found + 2);
    return lines;
  }

  /** What it found. */
  const run = async (fix = false) => (await print(fix)).slice(1, -1);

  const query = (sql: string, id: string) => queryDatabase(usersUrl, sql, [id]);

  async function makeUser(): Promise<string> {
    const id = randomUUID();
    await query(
      `INSERT INTO users (id, email, name, name_folded) VALUES ($1::uuid, $1::text || '@a.example', 'A', 'a')`,
      id,
    );
    return id;
  }

  const insertPost = (authorId: string) =>
    posts.insertOne({ _id: randomUUID(), author_id: authorId }, { bypassDocumentValidation: true });
  const insertTombstone = (id: string) => guards.insertOne({ _id: id, writes: 1, tombstone_time: new Date() });
  const recordDeletion = (id: string) => query('INSERT INTO deleted_users (id) VALUES ($1)', id);
  const findJobs = (queue: string, userId: string) =>
    queryDatabase(usersUrl, `SELECT 1 FROM jobs.job WHERE name = $1 AND data->>'userId' = $2`, [queue, userId]);

  const insertPending = (id: string, age: string) =>
    query(
      `INSERT INTO pending_users (id, email, name, name_folded, post_id, request_id, caller, method, create_time)
       VALUES ($1::uuid, $1::text || '@a.example', 'A', 'a', $1::uuid, $1::uuid, 'c', 'm', now() - interval '${age}')`,
      id,
    );

  async function endJobs(): Promise<void> {
    await queryDatabase(usersUrl, `UPDATE jobs.job SET state = 'completed'`);
  }

  it('finds nothing where all is well, in either state of a deletion', async () => {
    await insertPost(await makeUser());
    const [done, underWay] = [randomUUID(), randomUUID()];
    await recordDeletion(done);
    await insertTombstone(done);
    await recordDeletion(underWay);
    await insertPost(underWay);
    await using databases = await openDatabases(usersUrl, postsUrl);
    await databases.enqueue('delete-author-posts', underWay);
    expect(await run()).toEqual([]);
    await posts.deleteMany({ author_id: underWay });
    await insertTombstone(underWay);
    await endJobs();
    expect(await run(true)).toEqual([]);
  });

  it('finds posts without their author, and leaves them to a job', async () => {
    const id = randomUUID();
    await insertPost(id);
    await insertPost(id);
    expect(await run()).toEqual([expect.stringMatching(`^2 posts without their author +${id}  a job deletes them$`)]);
    expect(await findJobs('delete-author-posts', id)).toEqual([]);
    expect(await run(true)).toHaveLength(1);
    expect(await findJobs('delete-author-posts', id)).toHaveLength(1);
    expect(await query('SELECT 1 FROM deleted_users WHERE id = $1', id)).toHaveLength(1);
    expect(await run()).toEqual([]);
    await posts.deleteMany({ author_id: id });
    await insertTombstone(id);
    await endJobs();
  });

  it('finds pending users older than an hour whom no job is about to end, and leaves them to one', async () => {
    const id = randomUUID();
    await insertPending(id, '61 minutes');
    await insertPending(randomUUID(), '59 minutes');
    expect(await run(true)).toEqual([expect.stringContaining(id)]);
    expect(await findJobs('settle-user-with-post', id)).toHaveLength(1);
    expect(await run()).toEqual([]);
    await queryDatabase(usersUrl, 'DELETE FROM pending_users');
    await endJobs();
  });

  it('finds no pending user whose job ended while it looked', async () => {
    const id = randomUUID();
    await insertPending(id, '61 minutes');
    await using databases = await openDatabases(usersUrl, postsUrl);
    const endThenLook: typeof databases.withoutJob = async (queue, userIds) => {
      if (queue === 'settle-user-with-post') await query('DELETE FROM pending_users WHERE id = $1', id);
      return await databases.withoutJob(queue, userIds);
    };
    const users: string[] = [];
    for await (const found of findDifferences({ ...databases, withoutJob: endThenLook })) users.push(found.userId);
    expect(users).not.toContain(id);
  });

  it('says how much it leaves to jobs', async () => {
    const [author, user] = [randomUUID(), await makeUser()];
    await insertPost(author);
    await insertTombstone(user);
    const [header, ...lines] = await print(true);
    expect(header).toMatch(/^found +user +repair$/);
    expect(lines).toContainEqual(expect.stringMatching(`^1 post without its author +${author}  a job deletes them$`));
    expect(lines.at(-1)).toBe('2 found: 1 repaired, 1 left to jobs');
    await posts.deleteMany({ author_id: author });
    await insertTombstone(author);
    await endJobs();
  });

  it('takes the tombstone from a user who is there, and never gives the id of one who is not', async () => {
    const [user, nobody] = [await makeUser(), randomUUID()];
    await insertTombstone(user);
    await insertTombstone(nobody);
    const lines = await run(true);
    expect(lines).toHaveLength(2);
    expect(lines).toContainEqual(expect.stringMatching(`^tombstone of a user who is there +${user}`));
    expect(lines).toContainEqual(expect.stringMatching(`^tombstone without a deletion +${nobody}`));
    expect((await guards.findOne({ _id: user }))?.tombstone_time).toBeUndefined();
    expect(await query('SELECT 1 FROM deleted_users WHERE id = $1', nobody)).toHaveLength(1);
    expect(await run()).toEqual([]);
  });

  it('finds deletions that posts knows nothing of, and has a job tell posts', async () => {
    const id = randomUUID();
    await recordDeletion(id);
    expect(await run(true)).toEqual([expect.stringMatching(`^deletion that posts knows nothing of +${id}`)]);
    expect(await findJobs('delete-author-posts', id)).toHaveLength(1);
  });

  it('says in one line which database it cannot reach', async () => {
    const away = { usersUrl: 'postgres://nobody:secret@127.0.0.1:1/none', postsUrl, fix: false };
    const failed = runReconcile(away, () => {});
    await expect(failed).rejects.toThrow('USERS_DATABASE_URL: the database cannot be reached (ECONNREFUSED)');
  });
});
