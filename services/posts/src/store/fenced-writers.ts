import type { LoneFence, WriteFence } from '@tandem/cache';
import type { AuthorWriter } from './author-store.ts';
import type { LoneWriters, PostsTransaction, PostWriter } from './store.ts';

/** What the cache calls a post. */
export type PostName = (id: string) => string;

/**
 * The writers of a transaction, each marking what it writes beside its statement. An id that the server has just made needs
 * no mark: nobody can have asked for it.
 */
export function fenceWriters(tx: PostsTransaction, fence: WriteFence, nameOf: PostName): PostsTransaction {
  const touch = async (ids: readonly string[]) => fence.mark(ids.map(nameOf));
  return {
    posts: { ...fencePosts(tx.posts, touch), ...fenceInsertions(tx.posts, touch) },
    authors: {
      admit: (ids) => tx.authors.admit(ids),
      end: (id) => tx.authors.end(id),
      ...fenceDeletion(tx.authors, touch),
    },
    // Seen by no read.
    reservations: tx.reservations,
    invalidations: tx.invalidations,
  };
}

/**
 * The writers of a single write without a transaction, each announcing what it writes before its statement is sent; also
 * what it inserts under an id just made, as that is seen, and may be taken out again, before it is over.
 */
export function fenceLoneWriters(writers: LoneWriters, fence: LoneFence, nameOf: PostName): LoneWriters {
  const touch = (ids: readonly string[]) => fence.announce(ids.map(nameOf));
  return {
    posts: fencePosts(writers.posts, touch),
    authors: { admit: (ids) => writers.authors.admit(ids), ...fenceDeletion(writers.authors, touch) },
    reservations: writers.reservations,
    invalidations: writers.invalidations,
  };
}

type Touch = (ids: readonly string[]) => Promise<void>;

function fencePosts(posts: PostWriter, touch: Touch): PostWriter {
  return {
    find: (id) => posts.find(id),
    findIds: (ids) => posts.findIds(ids),
    findMany: (...which) => posts.findMany(...which),
    async insert(post) {
      await touch([post.id]);
      await posts.insert(post);
    },
    async insertMany(several) {
      await touch(several.map(({ id }) => id));
      await posts.insertMany(several);
    },
    async updateMany(revisions) {
      await touch(revisions.map(({ before }) => before.id));
      await posts.updateMany(revisions);
    },
    keep: (id) => posts.keep(id),
    async delete(post) {
      await touch([post.id]);
      await posts.delete(post);
    },
  };
}

function fenceInsertions(posts: PostWriter, touch: Touch): Pick<PostWriter, 'insert' | 'insertMany'> {
  return {
    async insert(post, { idIsChosen = true } = {}) {
      if (idIsChosen) await touch([post.id]);
      await posts.insert(post);
    },
    async insertMany(several, { madeIds = new Set() } = {}) {
      await touch(several.flatMap(({ id }) => (madeIds.has(id) ? [] : [id])));
      await posts.insertMany(several);
    },
  };
}

function fenceDeletion({ deletePosts }: Pick<AuthorWriter, 'deletePosts'>, touch: Touch) {
  return {
    async deletePosts(authorId: string, ids: readonly string[]) {
      await touch(ids);
      return await deletePosts(authorId, ids);
    },
  };
}
