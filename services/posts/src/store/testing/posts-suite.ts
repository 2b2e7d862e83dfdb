import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { PostStore } from '../store.ts';
import { collect, insertPosts, makeCall, makePost, reasonOf } from './store-calls.ts';

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
          const found = (await tx.posts.findMany([post.id])).get(post.id) ?? post;
          await tx.posts.replaceMany([{ ...found, version: found.version + 1 }]);
          return {};
        });
      await Promise.all(Array.from({ length: 8 }, raise));
      expect((await getStore().reader.get(post.id, makeCall()))?.version).toBe(9);
    });

    it('are read one by one and at once alike', async () => {
      const posts = Array.from({ length: 150 }, () => makePost());
      await insertPosts(getStore(), posts);
      const found = await Promise.all(posts.map(({ id }) => getStore().reader.get(id, makeCall())));
      expect(found).toEqual(posts);
    });

    it('are not waited for when the time is over', async () => {
      const late = { deadline: Date.now() - 1, signal: new AbortController().signal };
      expect(await reasonOf(getStore().reader.count({}, late))).toBe('DEADLINE_EXCEEDED');
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
