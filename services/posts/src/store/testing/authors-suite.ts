import { randomUUID } from 'node:crypto';
import { makeCall, reasonOf } from '@tandem/rpc/testing';
import { describe, expect, it } from 'vitest';
import type { PostStore, PostsTransaction } from '../store.ts';
import { collect, insertPosts, makePost } from './store-calls.ts';

export function describeAuthors(getStore: () => PostStore): void {
  const run = <T>(work: (tx: PostsTransaction) => Promise<T>) =>
    getStore()
      .transaction(makeCall(), async (tx) => ({ result: await work(tx) }))
      .then(({ result }) => result);
  const end = (authorId: string) => run(({ authors }) => authors.end(authorId));
  const read = (id: string) => getStore().reader.get(id, makeCall());

  describe('authors', () => {
    it('are admitted until they are ended, and never after', async () => {
      const [staying, leaving] = [randomUUID(), randomUUID()];
      const admit = (...ids: string[]) => run(({ authors }) => authors.admit(ids));
      expect(await admit(staying, leaving, staying)).toEqual(new Set());
      await end(leaving);
      expect(await admit(leaving)).toEqual(new Set([leaving]));
      expect(await admit(staying, leaving)).toEqual(new Set([leaving]));
      expect(await admit(staying)).toEqual(new Set());
      expect(await admit()).toEqual(new Set());
    });

    it('who have been ended have no new post, written one by one, many at once or without a transaction', async () => {
      const authorId = randomUUID();
      await end(authorId);
      const posts = [makePost({ authorId }), makePost({ authorId }), makePost({ authorId })];
      const [one = makePost(), two = makePost(), three = makePost()] = posts;
      const refused = [
        () => run(({ posts: writer }) => writer.insert(one)),
        () => run(({ posts: writer }) => writer.insertMany([makePost(), two])),
        () => getStore().withoutTransaction(makeCall(), ({ posts: writer }) => writer.insert(three)),
      ];
      for (const attempt of refused) expect(await reasonOf(attempt())).toBe('AUTHOR_NOT_FOUND');
      for (const { id } of posts) expect(await read(id)).toBeUndefined();
    });

    it('keep count of what is deleted, over all calls, and lose no other author’s posts', async () => {
      const [authorId, other] = [randomUUID(), randomUUID()];
      const posts = Array.from({ length: 5 }, () => makePost({ authorId }));
      const kept = makePost({ authorId: other });
      await insertPosts(getStore(), [...posts, kept]);
      expect(await end(authorId)).toEqual({ deleted: 0, settled: true });
      const ids = posts.map(({ id }) => id);
      const remove = (some: string[]) => run(({ authors }) => authors.deletePosts(authorId, some));
      expect(await remove(ids.slice(0, 2))).toBe(2);
      expect(await remove([...ids.slice(1, 4), kept.id])).toBe(4);
      const lone = getStore().withoutTransaction(makeCall(), ({ authors }) => authors.deletePosts(authorId, ids));
      expect(await lone).toBe(5);
      expect(await end(authorId)).toEqual({ deleted: 5, settled: true });
      expect(await getStore().reader.count({ authorIds: [authorId, other] }, makeCall())).toBe(1);
    });

    it('are not settled while a post may arrive that is written without a transaction', async () => {
      const authorId = randomUUID();
      const post = makePost({ authorId });
      await getStore().withoutTransaction(makeCall(), ({ posts }) => posts.insert(post));
      expect(await read(post.id)).toEqual(post);
      expect(await end(authorId)).toEqual({ deleted: 0, settled: false });
    });
  });

  describe('reservations', () => {
    const find = (id: string) => run(({ reservations }) => reservations.find(id));
    const reserve = (post = makePost()) => run(({ reservations }) => reservations.insert(post)).then(() => post);
    const decide = (id: string, state: 'confirmed' | 'cancelled') =>
      run(({ reservations }) => reservations.decide(id, state));
    const makeNew = (fields: Parameters<typeof makePost>[0] = {}) => {
      const time = Date.now();
      return makePost({ createTime: time, updateTime: time, publishTime: time, ...fields });
    };

    it('come back as they were made, published or not, and are no posts', async () => {
      const draft = makeNew({ published: false, publishTime: undefined, content: '', language: 'fr' });
      for (const post of [makeNew({ tags: ['b', 'a'], content: 'Łódź 😀' }), draft]) {
        await reserve(post);
        expect(await find(post.id)).toEqual({ state: 'reserved', post });
        expect(await read(post.id)).toBeUndefined();
        const listing = { filter: { authorId: post.authorId }, order: byTitle, after: undefined, limit: 1 };
        expect(await collect(getStore().reader.list({ ...listing, withContent: false }, makeCall()))).toEqual([]);
      }
    });

    it('are undefined where there are none', async () => {
      expect(await find(randomUUID())).toBeUndefined();
    });

    it('take an id once, whatever became of it', async () => {
      const [reserved, confirmed, cancelled] = [await reserve(), await reserve(), makePost()];
      await decide(confirmed.id, 'confirmed');
      await decide(cancelled.id, 'cancelled');
      for (const { id } of [reserved, confirmed, cancelled]) {
        expect(await reasonOf(reserve(makePost({ id })))).toBe('ID_TAKEN');
      }
      expect(await find(confirmed.id)).toEqual({ state: 'confirmed', authorId: confirmed.authorId });
      expect(await find(cancelled.id)).toEqual({ state: 'cancelled', authorId: undefined });
    });

    it('are cancelled by the author’s end, those of others are not', async () => {
      const [post, other, confirmed] = [await reserve(makeNew()), await reserve(makeNew()), makeNew()];
      await reserve({ ...confirmed, authorId: post.authorId });
      await decide(confirmed.id, 'confirmed');
      await end(post.authorId);
      expect(await find(post.id)).toEqual({ state: 'cancelled', authorId: post.authorId });
      expect(await find(confirmed.id)).toMatchObject({ state: 'confirmed' });
      expect(await find(other.id)).toEqual({ state: 'reserved', post: other });
    });
  });
}

const byTitle = { field: 'title', descending: false } as const;
