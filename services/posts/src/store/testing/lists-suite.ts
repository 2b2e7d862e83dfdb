import { randomUUID } from 'node:crypto';
import { makeCall } from '@tandem/rpc/testing';
import { fold } from '@tandem/text';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type FullPost,
  type PostFilter,
  type PostOrder,
  type PostPosition,
  postOrderFields,
} from '../../domain/post.ts';
import type { PostStore } from '../store.ts';
import { collect, insertPosts, makePost } from './store-calls.ts';

const start = 1_700_000_000_000;
const titles = ['Émile', 'emile', 'Zoë', '😀 smile', '\ufffd sign', 'Ada'];

export function describeLists(getStore: () => PostStore): void {
  describe('lists', () => {
    const [anna, ben, eva] = [randomUUID(), randomUUID(), randomUUID()];
    const [red, blue] = [`red-${randomUUID()}`, `blue-${randomUUID()}`];
    const posts = Array.from({ length: 60 }, (_, index) =>
      makePost({
        authorId: [anna, ben, eva][index % 3] ?? anna,
        title: titles[index % titles.length] ?? '',
        tags: [...(index % 2 ? [red] : []), ...(index % 5 ? [blue] : [])],
        language: index % 4 ? 'en' : 'fr',
        published: index % 3 !== 1,
        createTime: start + Math.floor(index / 7) * 1000,
        updateTime: start + (index % 5),
        publishTime: index % 4 === 0 ? undefined : start + Math.floor(index / 10),
      }),
    );
    beforeAll(() => insertPosts(getStore(), posts));

    /** Reads page by page; the position goes through JSON, as in a token. */
    async function walk(filter: PostFilter, order: PostOrder, limit = 4): Promise<string[]> {
      const ids: string[] = [];
      let after: PostPosition | undefined;
      do {
        const listing = { filter, order, after, limit, withContent: false };
        const page = await collect(getStore().reader.list(listing, makeCall()));
        ids.push(...page.map(({ post }) => post.id));
        const last = page.at(-1)?.position;
        after = last && JSON.parse(JSON.stringify(last));
      } while (after !== undefined);
      return ids;
    }

    const orders = postOrderFields.flatMap((field) => [true, false].map((descending) => ({ field, descending })));
    const filters: [string, PostFilter, (post: FullPost) => boolean][] = [
      ['an author', { authorId: anna }, (post) => post.authorId === anna],
      ['several authors', { authorIds: [anna, ben, ben] }, (post) => post.authorId !== eva],
      ['an author among others', { authorId: eva, authorIds: [anna, eva] }, (post) => post.authorId === eva],
      ['an author not among others', { authorId: eva, authorIds: [anna] }, () => false],
      ['a tag', { tags: [red] }, (post) => post.tags.includes(red)],
      ['any of two tags', { tags: [red, blue] }, (post) => post.tags.length > 0],
      [
        'author, tag, language and state',
        { authorIds: [anna, eva], tags: [blue], language: 'en', published: true },
        (post) => post.authorId !== ben && post.tags.includes(blue) && post.language === 'en' && post.published,
      ],
      [
        'a time range, the end not included',
        { tags: [blue], createdAfter: start + 2000, createdBefore: start + 6000 },
        (post) => post.tags.includes(blue) && post.createTime >= start + 2000 && post.createTime < start + 6000,
      ],
    ];
    const cases = filters.flatMap(([name, filter, matches]) =>
      orders.map(
        (order) => [name, order.field, order.descending ? 'desc' : 'asc', { filter, matches, order }] as const,
      ),
    );

    it.each(cases)('show each post of %s once, by %s %s, ties by id', async (_name, _field, _way, each) => {
      const expected = posts.filter(each.matches).sort(comparing(each.order));
      expect(await walk(each.filter, each.order)).toEqual(expected.map(({ id }) => id));
      expect(await getStore().reader.count(each.filter, makeCall())).toBe(expected.length);
    });

    it('show posts that stay put once while others come and go', async () => {
      const author = randomUUID();
      const staying = Array.from({ length: 30 }, () => makePost({ authorId: author, createTime: start }));
      await insertPosts(getStore(), staying);
      const order = { field: 'create_time', descending: true } as const;
      const seen: string[] = [];
      let after: PostPosition | undefined;
      do {
        const listing = { filter: { authorId: author }, order, after, limit: 3, withContent: false };
        const page = await collect(getStore().reader.list(listing, makeCall()));
        seen.push(...page.map(({ post }) => post.id));
        after = page.at(-1)?.position;
        await insertPosts(getStore(), [makePost({ authorId: author, createTime: start })]);
      } while (after !== undefined);
      const ids = new Set(staying.map(({ id }) => id));
      expect(seen.filter((id) => ids.has(id)).sort()).toEqual([...ids].sort());
      expect(new Set(seen).size).toBe(seen.length);
    });

    it('bring the content only where it is asked for', async () => {
      const order = { field: 'title', descending: false } as const;
      const read = (withContent: boolean) =>
        collect(
          getStore().reader.list(
            { filter: { authorId: anna }, order, after: undefined, limit: 1, withContent },
            makeCall(),
          ),
        );
      expect((await read(true))[0]?.post.content).toBe('Some content');
      expect((await read(false))[0]?.post.content).toBeUndefined();
    });
  });
}

function comparing({ field, descending }: PostOrder): (a: FullPost, b: FullPost) => number {
  const sign = descending ? -1 : 1;
  const keyOf = (post: FullPost): number =>
    ({
      create_time: post.createTime,
      update_time: post.updateTime,
      publish_time: post.publishTime ?? -Infinity,
      title: 0,
    })[field];
  return (a, b) => {
    const keys = field === 'title' ? compareBytes(fold(a.title), fold(b.title)) : Math.sign(keyOf(a) - keyOf(b) || 0);
    return sign * (keys || compareBytes(a.id, b.id));
  };
}

/** The order of code points is that of the bytes of UTF-8. */
function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
