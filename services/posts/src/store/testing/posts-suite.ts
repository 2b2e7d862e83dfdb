import { randomUUID } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { makeCall, reasonOf } from '@tandem/rpc/testing';
import { describe, expect, it } from 'vitest';
import type { PostRevision } from '../../domain/post.ts';
import type { PostStore } from '../store.ts';
import { collect, insertPosts, makePost } from './store-calls.ts';

export function describePosts(getStore: () => PostStore): void {
  describe('posts', () => {
    it('come back as they were written, to the millisecond and before 1970', async () => {
      const posts = [
        makePost({ title: 'Łódź 😀', tags: ['b', 'a'], createTime: -1, publishTime: undefined, published: false }),
        makePost({ createTime: -62_135_596_800_000, publishTime: 253_402_300_799_999, content: '\t\r\n' }),
      ];
      await insertPosts(getStore(), posts);
      const { reader } = getStore();
      expect(await Promise.all(posts.map(({ id }) => reader.get(id, makeCall())))).toEqual(posts);
      const selected = await collect(
        reader.select({ ids: posts.map(({ id }) => id), withContent: false, snapshot: true }, makeCall()),
      );
      expect(selected).toHaveLength(2);
      expect(selected.every(({ content }) => content === undefined)).toBe(true);
    });

    it('come without the contents that have more bytes than are wanted', async () => {
      const posts = ['Łódź', 'Lodz!!!', 'Lodz!!!!', ''].map((content) => makePost({ content, tags: ['a'] }));
      await insertPosts(getStore(), posts);
      const ids = posts.map(({ id }) => id);
      const selected = await collect(
        getStore().reader.select({ ids, withContent: true, maxContentBytes: 7 }, makeCall()),
      );
      const found = new Map(selected.map((post) => [post.id, post]));
      const [, , long] = posts;
      expect(ids.map((id) => found.get(id))).toEqual(
        posts.map((post) => (post === long ? { ...post, content: undefined } : post)),
      );
    });

    it('are undefined where there are none', async () => {
      expect(await getStore().reader.get(randomUUID(), makeCall())).toBeUndefined();
    });

    it('never share an id, and nothing of the losing transaction stays', async () => {
      const post = makePost();
      const other = makePost();
      await insertPosts(getStore(), [post]);
      const losing = getStore().transaction(makeCall(), async (tx) => {
        await tx.posts.insert(other);
        await tx.posts.insert(makePost({ id: post.id, title: 'Another' }));
        return {};
      });
      expect(await reasonOf(losing)).toBe('ID_TAKEN');
      expect(await getStore().reader.get(other.id, makeCall())).toBeUndefined();
      expect(await getStore().reader.get(post.id, makeCall())).toEqual(post);
    });

    it('lose no change when transactions over one post meet', async () => {
      const post = makePost({ version: 1 });
      await insertPosts(getStore(), [post]);
      const raise = () =>
        getStore().transaction(makeCall(), async (tx) => {
          const before = (await tx.posts.findMany([post.id], { contentsOf: [] })).get(post.id) ?? post;
          await tx.posts.updateMany([{ before, after: { ...before, version: before.version + 1 } }]);
          return {};
        });
      await Promise.all(Array.from({ length: 8 }, raise));
      expect(await getStore().reader.get(post.id, makeCall())).toEqual({ ...post, version: 9 });
    });

    it('are found and measured without their contents, and read with those that are asked for', async () => {
      const [first, second] = [makePost({ content: 'Łódź 😀' }), makePost({ content: '' })];
      await insertPosts(getStore(), [first, second]);
      const ids = [first.id, randomUUID(), second.id];
      expect(await getStore().reader.measure(ids, makeCall())).toEqual(
        new Map([
          [first.id, Buffer.byteLength(first.content)],
          [second.id, 0],
        ]),
      );
      await getStore().transaction(makeCall(), async ({ posts }) => {
        expect(await posts.findIds(ids)).toEqual(new Set([first.id, second.id]));
        const found = await posts.findMany(ids, { contentsOf: [first.id] });
        expect([...found.values()]).toEqual(expect.arrayContaining([first, { ...second, content: undefined }]));
        expect([...found.keys()].sort()).toEqual([first.id, second.id].sort());
        return {};
      });
    });

    it('change in every field and keep what does not change', async () => {
      const before = makePost({ tags: ['a', 'b'] });
      const after = makePost({
        ...before,
        title: 'Ändern',
        content: 'Other',
        tags: ['b'],
        language: 'fr',
        published: false,
        createTime: 5,
        publishTime: 6,
        updateTime: 7,
        version: 2,
      });
      const titled = { ...after, title: 'Title', version: 3 };
      await insertPosts(getStore(), [before]);
      const change = (revision: PostRevision) =>
        getStore().transaction(makeCall(), async ({ posts }) => {
          await posts.updateMany([revision]);
          return {};
        });
      await change({ before, after });
      expect(await getStore().reader.get(before.id, makeCall())).toEqual(after);
      await change({ before: { ...after, content: undefined }, after: { ...titled, content: undefined } });
      expect(await getStore().reader.get(before.id, makeCall())).toEqual(titled);
    });

    it('are found whole by a transaction, and deleted in the version that was found', async () => {
      const post = makePost();
      await insertPosts(getStore(), [post]);
      const remove = (version: number) =>
        getStore().transaction(makeCall(), async ({ posts }) => {
          expect(await posts.find(post.id)).toEqual(post);
          await posts.delete({ ...post, version });
          expect(await posts.find(post.id)).toBeUndefined();
          return {};
        });
      expect(await reasonOf(remove(2))).toBe('ETAG_MISMATCH');
      expect(await getStore().reader.get(post.id, makeCall())).toEqual(post);
      await remove(1);
      expect(await getStore().reader.get(post.id, makeCall())).toBeUndefined();
      expect(await reasonOf(getStore().withoutTransaction(makeCall(), ({ posts }) => posts.delete(post)))).toBe(
        'ETAG_MISMATCH',
      );
    });

    it('are written by one at a time where turns are taken, without a second run', async () => {
      const post = makePost({ version: 1 });
      await insertPosts(getStore(), [post]);
      let runs = 0;
      const raise = () =>
        getStore().transaction(
          makeCall(),
          async ({ posts }) => {
            runs += 1;
            const before = (await posts.find(post.id)) ?? post;
            await posts.updateMany([{ before, after: { ...before, version: before.version + 1 } }]);
            return {};
          },
          { inTurnFor: [post.id] },
        );
      await Promise.all(Array.from({ length: 16 }, raise));
      expect(runs).toBe(16);
      expect((await getStore().reader.get(post.id, makeCall()))?.version).toBe(17);
    });

    it('are read one by one and at once alike', async () => {
      const posts = Array.from({ length: 150 }, () => makePost());
      await insertPosts(getStore(), posts);
      const found = await Promise.all(posts.map(({ id }) => getStore().reader.get(id, makeCall())));
      expect(found).toEqual(posts);
    });

    it('are read one by one without waiting for all that are read at once', async () => {
      const posts = Array.from({ length: 24 }, () => makePost({ content: 'x'.repeat(2 ** 20) }));
      for (const post of posts) await insertPosts(getStore(), [post]);
      let answered = 0;
      const reading = posts.map(async ({ id }) => {
        const found = await getStore().reader.get(id, makeCall());
        answered += 1;
        return found?.id;
      });
      await Promise.race(reading);
      await setImmediate();
      expect(answered).toBeLessThan(posts.length);
      expect(await Promise.all(reading)).toEqual(posts.map(({ id }) => id));
    });

    it('are not waited for when the time is over', async () => {
      const late = { deadline: Date.now() - 1, signal: new AbortController().signal };
      expect(await reasonOf(getStore().reader.count({}, late))).toBe('DEADLINE_EXCEEDED');
      expect(await reasonOf(getStore().reader.get(randomUUID(), late))).toBe('DEADLINE_EXCEEDED');
      expect(await reasonOf(getStore().transaction(late, async () => ({})))).toBe('DEADLINE_EXCEEDED');
    });

    it('stop being read for a caller who went away', async () => {
      const controller = new AbortController();
      controller.abort(new Error('went away'));
      const call = { deadline: Date.now() + 10_000, signal: controller.signal };
      await expect(getStore().reader.count({}, call)).rejects.toThrow('went away');
    });
  });
}
