import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { type SearchOrder, type SearchPosition, type SearchSubject, searchFacets } from '../../domain/search.ts';
import type { PostStore, SearchHit } from '../store.ts';
import { insertPosts, makeCall, makePost } from './store-calls.ts';

const byRelevance: SearchOrder = { field: 'relevance', descending: true };

export function describeSearch(getStore: () => PostStore): void {
  describe('search', () => {
    const authorId = randomUUID();
    const make = (title: string, content: string, fields = {}) => makePost({ authorId, title, content, ...fields });
    const soup = make('Leek soup', 'Running water and leeks', { tags: ['kitchen'] });
    const bread = make('Bread', 'The soup of the day goes with it; Café Łódź', { createTime: 1_600_000_000_000 });
    const both = make('Notes', 'Soup, bread, leeks: run for them', { publishTime: undefined, language: 'fr' });
    const draft = make('Draft soup', 'leeks', { published: false, publishTime: undefined });
    const names = new Map([
      [soup.id, 'soup'],
      [bread.id, 'bread'],
      [both.id, 'both'],
      [draft.id, 'draft'],
    ]);
    beforeAll(() => insertPosts(getStore(), [soup, bread, both, draft]));

    const prepare = (text: string, subject: Partial<SearchSubject> = {}) =>
      getStore().search.prepare(
        { text, filter: { authorId, published: true }, matching: 'any', ...subject },
        makeCall(),
      );
    const find = async (text: string, subject: Partial<SearchSubject> = {}, order = byRelevance) => {
      const hits = await (await prepare(text, subject)).findHits({ order, after: undefined, limit: 10 });
      return hits.map(({ id }) => names.get(id));
    };

    it.each([
      ['leek', ['both', 'soup']],
      ['LEEKS', ['both', 'soup']],
      ['runs', ['both', 'soup']],
      ['kitchen', ['soup']],
      ['cafe', ['bread']],
      ['"leek soup"', ['both', 'bread', 'soup']],
      ['leek -soup', ['both', 'bread', 'soup']],
      ['the of', []],
      ['""', []],
      ['-', []],
      ['$where', []],
      ['zzz', []],
    ])('finds %s: %j', async (text, expected) => {
      expect((await find(text)).sort()).toEqual(expected);
    });

    it.each([
      ['leek soup', ['both', 'soup']],
      ['the soup of day', ['bread']],
      ['soup soups SOUP', ['both', 'bread', 'soup']],
      ['leek cafe', []],
      ['the', []],
    ])('finds with all of the words of %s: %j', async (text, expected) => {
      expect((await find(text, { matching: 'all' })).sort()).toEqual(expected);
    });

    it('finds unpublished posts only where the filter says so', async () => {
      expect(await find('draft', { filter: { authorId, published: false } })).toEqual(['draft']);
      expect(await find('draft')).toEqual([]);
      expect(await find('leek', { filter: { authorId, published: true, language: 'fr' } })).toEqual(['both']);
      expect(await find('leek', { filter: { authorId, authorIds: [randomUUID()] } })).toEqual([]);
    });

    it.each(['any', 'all'] as const)('orders by time, never published first (%s)', async (matching) => {
      const ascending = { field: 'publish_time', descending: false } as const;
      expect((await find('soup', { matching }, ascending))[0]).toBe('both');
      expect((await find('soup', { matching }, { field: 'create_time', descending: true })).at(-1)).toBe('bread');
    });

    it.each(['any', 'all'] as const)('knows what of the query a word matches (%s)', async (matching) => {
      const { termOf } = await prepare('the Running cafe', { matching });
      const known = ['run', 'RUNS', 'Cafés', 'café', 'the', 'leek', ''].map((word) => termOf(word) !== undefined);
      expect(known).toEqual([true, true, true, true, false, false, false]);
    });

    describe('over many equal posts', () => {
      const word = `word${randomUUID().replaceAll('-', '')}`;
      const many = Array.from({ length: 45 }, (_, index) =>
        make(`${word} ${index % 2 ? 'apple' : 'pear'}`, 'x', {
          authorId: randomUUID(),
          tags: [`t${index}`, 'all'],
          createTime: Date.UTC(2026, index % 3, 1),
          publishTime: index % 3 ? Date.UTC(2026, 1, 1) : undefined,
        }),
      );
      beforeAll(() => insertPosts(getStore(), many));

      const orders: SearchOrder[] = [
        byRelevance,
        ...(['create_time', 'publish_time'] as const).flatMap((field) => [
          { field, descending: true },
          { field, descending: false },
        ]),
      ];
      const cases = (['any', 'all'] as const).flatMap((matching) =>
        orders.map((order) => [matching, order.field, order.descending ? 'desc' : 'asc', order] as const),
      );
      it.each(cases)('pages without doubles or gaps (%s, %s %s)', async (matching, _field, _way, order) => {
        const hits: SearchHit[] = [];
        let after: SearchPosition | undefined;
        do {
          const prepared = await prepare(word, { matching, filter: { published: true } });
          const page = await prepared.findHits({ order, after, limit: 7 });
          hits.push(...page);
          const last = page.at(-1)?.position;
          after = last && JSON.parse(JSON.stringify(last));
        } while (after !== undefined);
        expect(hits).toHaveLength(45);
        expect(new Set(hits.map(({ id }) => id))).toEqual(new Set(many.map(({ id }) => id)));
        expect(hits.every(({ score }) => Number.isFinite(score) && score > 0)).toBe(true);
      });

      it.each(['any', 'all'] as const)('counts exactly, by facets too (%s)', async (matching) => {
        const prepared = await prepare(word, { matching, filter: { published: true } });
        expect(await prepared.count()).toBe(45);
        const [tags, authors, languages, months] = await prepared.countFacets(searchFacets);
        expect(tags?.values[0]).toEqual({ value: 'all', count: 45 });
        expect([tags?.values.length, tags?.truncated]).toEqual([20, true]);
        expect([authors?.values.length, authors?.truncated]).toEqual([20, true]);
        expect(languages).toEqual({ facet: 'language', values: [{ value: 'en', count: 45 }], truncated: false });
        expect(months?.values).toEqual(['2026-01', '2026-02', '2026-03'].map((value) => ({ value, count: 15 })));
      });
    });

    it('takes any text for a query', async () => {
      for (const text of ['a'.repeat(2000), '\u0000\u0007', '😀 "', "'''", '{"$gt":1}', 'x '.repeat(900), '-"-"-']) {
        expect(await (await prepare(text)).findHits({ order: byRelevance, after: undefined, limit: 5 })).toBeInstanceOf(
          Array,
        );
      }
    });
  });
}
