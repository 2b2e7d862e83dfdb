import type { ClientSession, Db } from 'mongodb';
import type { AuthorEnd, AuthorWriter } from './author-store.ts';
import { boundInserts, findEnded, guardsOf, leaveTombstone, raiseGuards } from './mongo-author-guards.ts';
import { timeLeft } from './mongo-bounds.ts';
import type { PostDocument } from './mongo-post-document.ts';
import { cancelReservationsOf } from './mongo-reservations.ts';
import type { TransactionRunner } from './mongo-transaction-runner.ts';
import type { StoreCall } from './store.ts';

/** Within one transaction: an author is admitted once. */
export function createAuthorWriter(
  db: Db,
  { session, call }: { session: ClientSession; call: StoreCall },
): AuthorWriter {
  const guards = guardsOf(db);
  const admitted = new Set<string>();
  return {
    async admit(authorIds) {
      const ids = [...new Set(authorIds)].filter((id) => !admitted.has(id));
      const ended = await raiseGuards(guards, ids, { session, call });
      for (const id of ids) if (!ended.has(id)) admitted.add(id);
      return ended;
    },
    async end(authorId): Promise<AuthorEnd> {
      const end = await leaveTombstone(guards, authorId, { session, call });
      await cancelReservationsOf(db, authorId, { session, call });
      return end;
    },
    deletePosts: (authorId, ids) => deletePosts(db, { authorId, ids, session, call }),
  };
}

/** What single writes without a transaction need of it. */
export interface LoneAuthorWriter extends Pick<AuthorWriter, 'admit' | 'deletePosts'> {
  /** Those of them who have been ended by now. */
  findEnded(authorIds: readonly string[]): Promise<ReadonlySet<string>>;
}

/**
 * For single writes without a transaction. The guard is written before, in a transaction of its own, and tells until when
 * such a post may arrive: so long the author's posts are not done with.
 */
export function createLoneAuthorWriter(
  db: Db,
  { run, call }: { run: TransactionRunner; call: StoreCall },
): LoneAuthorWriter {
  const admitted = new Set<string>();
  return {
    async admit(authorIds) {
      const ids = [...new Set(authorIds)].filter((id) => !admitted.has(id));
      if (ids.length === 0) return new Set();
      const insertsUntil = boundInserts(call);
      const ended = await run(call, (session) => raiseGuards(guardsOf(db), ids, { session, call, insertsUntil }));
      for (const id of ids) if (!ended.has(id)) admitted.add(id);
      return ended;
    },
    findEnded: (authorIds) => findEnded(guardsOf(db), [...new Set(authorIds)], { call }),
    // Who is killed between the two leaves a post uncounted, never one that is there.
    deletePosts: (authorId, ids) => deletePosts(db, { authorId, ids, session: undefined, call }),
  };
}

interface Deletion {
  readonly authorId: string;
  readonly ids: readonly string[];
  readonly session: ClientSession | undefined;
  readonly call: StoreCall;
}

async function deletePosts(db: Db, { authorId, ids, session, call }: Deletion): Promise<number> {
  const options = () => ({ ...(session === undefined ? {} : { session }), ...timeLeft(call) });
  const posts = db.collection<PostDocument>('posts');
  const { deletedCount } = await posts.deleteMany({ _id: { $in: [...ids] }, author_id: authorId }, options());
  const guard = await guardsOf(db).findOneAndUpdate(
    { _id: authorId },
    { $inc: { deleted: deletedCount } },
    { returnDocument: 'after', projection: { deleted: 1 }, ...options() },
  );
  return guard?.deleted ?? 0;
}
