import { randomUUID } from 'node:crypto';
import { makeCall } from '@tandem/rpc/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import type { PostFilter } from '../../domain/post.ts';
import type { PostStatsKey } from '../../domain/post-stats.ts';
import type { PostStore } from '../store.ts';
import { collect, insertPosts, makePost } from './store-calls.ts';

export function describeStats(getStore: () => PostStore): void {
  describe('figures', () => {
    const [anna, ben] = [randomUUID(), randomUUID()].sort();
    const authorIds = [anna ?? '', ben ?? ''];
    const make = (n: number) =>
      makePost({
        authorId: authorIds[n % 3 === 0 ? 0 : 1] ?? '',
        tags: [...(n % 2 === 0 ? ['even'] : []), ...(n % 4 === 0 ? ['four'] : [])],
        language: n % 5 === 0 ? 'fr' : 'en',
        published: n % 6 !== 0,
        createTime: Date.UTC(2026, n % 2, 1) - (n === 1 ? 1 : 0),
      });
    beforeAll(() =>
      insertPosts(
        getStore(),
        Array.from({ length: 12 }, (_, n) => make(n)),
      ),
    );
    const read = (groupBy?: PostStatsKey, { topN = 20, filter = { authorIds } as PostFilter } = {}) =>
      getStore().reader.stats({ filter, groupBy, topN }, makeCall());

    it('are of all posts of the filter, as of now', async () => {
      const before = Date.now();
      const { asOf, ...stats } = await read();
      expect(stats).toEqual({ total: 12, published: 10, groups: [] });
      expect(asOf).toBeGreaterThanOrEqual(before - 1);
      expect(asOf).toBeLessThanOrEqual(Date.now() + 1);
    });

    it.each([
      ['author', [ben, 8, 8], [anna, 4, 2]],
      ['language', ['en', 9, 8], ['fr', 3, 2]],
      ['tag', ['even', 6, 4], ['four', 3, 2]],
      ['month', ['2026-01', 7, 5], ['2026-02', 5, 5]],
    ] as const)('are by %s, the largest first', async (groupBy, ...expected) => {
      const { total, published, groups } = await read(groupBy);
      expect(groups).toEqual(expected.map(([key, of, out]) => ({ key, total: of, published: out })));
      expect({ total, published }).toEqual({ total: 12, published: 10 });
      expect(await read(groupBy, { topN: 1 })).toMatchObject({ total: 12, groups: [groups[0]] });
    });

    it('are by key where groups are as large', async () => {
      const authorId = randomUUID();
      const tags = ['é', 'b', 'z', 'a'];
      await insertPosts(getStore(), [makePost({ authorId, tags }), makePost({ authorId, tags: [] })]);
      const { total, groups } = await read('tag', { filter: { authorId }, topN: 3 });
      expect(total).toBe(2);
      expect(groups.map(({ key }) => key)).toEqual(['a', 'b', 'z']);
    });

    it('are zero where nothing matches, or nothing can', async () => {
      const none = { total: 0, published: 0, groups: [] };
      expect(await read('tag', { filter: { authorId: randomUUID() } })).toMatchObject(none);
      expect(await read('tag', { filter: { authorId: randomUUID(), authorIds } })).toMatchObject(none);
    });

    it('of months reach from the first year to the last', async () => {
      const authorId = randomUUID();
      const times = [-62_135_596_800_000, 253_402_300_799_999];
      await insertPosts(
        getStore(),
        times.map((createTime) => makePost({ authorId, createTime })),
      );
      const { groups } = await read('month', { filter: { authorId } });
      expect(groups.map(({ key }) => key)).toEqual(['0001-01', '9999-12']);
    });
  });

  describe('exports', () => {
    const authorId = randomUUID();
    const posts = Array.from({ length: 9 }, (_, n) => makePost({ authorId, published: n % 3 > 0 }));
    const sorted = posts.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    beforeAll(() => insertPosts(getStore(), posts));
    const read = (fields: { afterId?: string; limit?: number; filter?: PostFilter }) =>
      collect(
        getStore().reader.export({ filter: { authorId }, afterId: undefined, limit: 100, ...fields }, makeCall()),
      );

    it('are whole posts by id, after an id, and as many as asked for', async () => {
      expect(await read({})).toEqual(sorted);
      const [, second] = sorted;
      expect(await read({ afterId: second?.id ?? '', limit: 3 })).toEqual(sorted.slice(2, 5));
      expect(await read({ afterId: sorted.at(-1)?.id ?? '' })).toEqual([]);
    });

    it('keep to the filter', async () => {
      const published = sorted.filter((post) => post.published);
      expect(await read({ filter: { authorId, published: true } })).toEqual(published);
      expect(await read({ filter: { authorId, authorIds: [randomUUID()] } })).toEqual([]);
    });
  });
}
