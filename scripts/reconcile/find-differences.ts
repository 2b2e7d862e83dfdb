import type { AuthorGuard, Databases } from './databases.ts';

/** What cannot be true of both databases. */
export interface Finding {
  readonly what: string;
  /** Whose. */
  readonly userId: string;
  /** What repairing it does. */
  readonly repair: string;
  /** Whether it is repaired when `fix` resolves, or left to a job then. */
  readonly by: 'fix' | 'job';
  fix(): Promise<unknown>;
}

/** Ids are looked at so many at a time, whatever there is. */
const batchSize = 1_000;
/** It is in `deleted_users` so that it is never given, and had no posts. */
const systemAccountId = '00000000-0000-7000-8000-000000000000';

/**
 * Everything that is found, one kind after the other. Services may run meanwhile: what looks wrong is looked at again after
 * it is known that no job is left to put it right, which is to say that it had been put right already if it ever was.
 */
export async function* findDifferences(databases: Databases): AsyncGenerator<Finding> {
  yield* findOrphans(databases);
  yield* findStalePending(databases);
  yield* findLoneTombstones(databases);
  yield* findLoneDeletions(databases);
}

async function* findOrphans(databases: Databases): AsyncGenerator<Finding> {
  const { posts, query, withoutJob, enqueue } = databases;
  const authors = posts
    .collection('posts')
    .aggregate<{ _id: string }>([{ $group: { _id: '$author_id' } }], { allowDiskUse: true });
  for await (const ids of inBatches(authors)) {
    const sql = `SELECT id FROM unnest($1::text[]) AS asked (id) WHERE id NOT IN (
      SELECT id::text FROM users WHERE id = ANY($1::text[]::uuid[]))`;
    const unknown = (await query<{ id: string }>(sql, [ids])).map(({ id }) => id);
    for (const userId of await withoutJob('delete-author-posts', unknown)) {
      const count = await posts.collection('posts').countDocuments({ author_id: userId });
      if (count === 0) continue;
      yield {
        what: count === 1 ? '1 post without its author' : `${count} posts without their author`,
        userId,
        repair: 'a job deletes them',
        by: 'job',
        fix: async () => {
          await query('INSERT INTO deleted_users (id) VALUES ($1) ON CONFLICT DO NOTHING', [userId]);
          await enqueue('delete-author-posts', userId);
        },
      };
    }
  }
}

async function* findStalePending({ query, withoutJob, enqueue }: Databases): AsyncGenerator<Finding> {
  const sql = `
    SELECT id::text AS id FROM pending_users
    WHERE create_time < now() - interval '1 hour' AND id > $1 ORDER BY id LIMIT ${batchSize}`;
  const stillThere = 'SELECT id::text AS id FROM pending_users WHERE id = ANY($1::uuid[]) ORDER BY id';
  for await (const ids of inPages((after) => query<{ id: string }>(sql, [after]))) {
    const jobless = await withoutJob('settle-user-with-post', ids);
    for (const { id: userId } of await query<{ id: string }>(stillThere, [jobless])) {
      const fix = () => enqueue('settle-user-with-post', userId);
      yield { what: 'pending user older than an hour', userId, repair: 'a job ends the attempt', by: 'job', fix };
    }
  }
}

/** A deletion commits before posts hears of it: a tombstone without one is of another past. */
async function* findLoneTombstones({ posts, query }: Databases): AsyncGenerator<Finding> {
  const guards = posts.collection<AuthorGuard>('author_guards');
  const ended = guards.find({ tombstone_time: { $exists: true } }, { projection: { _id: 1 }, sort: { _id: 1 } });
  for await (const ids of inBatches(ended)) {
    const sql = `
      SELECT asked.id, users.id IS NOT NULL AS "isUser" FROM unnest($1::text[]) AS asked (id)
      LEFT JOIN users ON users.id = asked.id::uuid
      WHERE NOT EXISTS (SELECT FROM deleted_users WHERE deleted_users.id = asked.id::uuid)`;
    for (const { id: userId, isUser } of await query<{ id: string; isUser: boolean }>(sql, [ids])) {
      const forget = () => guards.updateOne({ _id: userId }, { $unset: { tombstone_time: true }, $inc: { writes: 1 } });
      const record = () => query('INSERT INTO deleted_users (id) VALUES ($1) ON CONFLICT DO NOTHING', [userId]);
      yield isUser
        ? { what: 'tombstone of a user who is there', userId, repair: 'the tombstone goes', by: 'fix', fix: forget }
        : { what: 'tombstone without a deletion', userId, repair: 'the id is never given', by: 'fix', fix: record };
    }
  }
}

async function* findLoneDeletions({ posts, query, withoutJob, enqueue }: Databases): AsyncGenerator<Finding> {
  const guards = posts.collection<AuthorGuard>('author_guards');
  const without = async (ids: readonly string[]) => {
    const filter = { _id: { $in: [...ids] }, tombstone_time: { $exists: true } };
    const found = new Set(await guards.distinct('_id', filter));
    return ids.filter((id) => !found.has(id));
  };
  const sql = `
    SELECT id::text AS id FROM deleted_users
    WHERE id > $1 AND id <> '${systemAccountId}' ORDER BY id LIMIT ${batchSize}`;
  for await (const ids of inPages((after) => query<{ id: string }>(sql, [after]))) {
    const lone = await without(await withoutJob('delete-author-posts', await without(ids)));
    for (const userId of lone) {
      const fix = () => enqueue('delete-author-posts', userId);
      yield { what: 'deletion that posts knows nothing of', userId, repair: 'a job tells posts', by: 'job', fix };
    }
  }
}

async function* inBatches(documents: AsyncIterable<{ _id: string }>): AsyncGenerator<string[]> {
  let ids: string[] = [];
  for await (const { _id } of documents) {
    ids.push(_id);
    if (ids.length < batchSize) continue;
    yield ids;
    ids = [];
  }
  if (ids.length > 0) yield ids;
}

async function* inPages(readAfter: (after: string) => Promise<{ id: string }[]>): AsyncGenerator<string[]> {
  let after: string | undefined = '00000000-0000-0000-0000-000000000000';
  while (after !== undefined) {
    const ids: string[] = (await readAfter(after)).map(({ id }) => id);
    if (ids.length > 0) yield ids;
    after = ids.length < batchSize ? undefined : ids.at(-1);
  }
}
