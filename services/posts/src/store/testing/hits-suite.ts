import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { FullPost } from '../../domain/post.ts';
import type { SearchBasis, SearchOrder, SearchPosition } from '../../domain/search.ts';
import type { PostStore, SearchHit } from '../store.ts';
import { byRelevance, findIds, prepareSearch } from './search-calls.ts';
import { insertPosts, makePost } from './store-calls.ts';

const uniqueWord = (beginning: string) => `${beginning}${randomUUID().replaceAll('-', '')}`;

/** In which order the hits of a search come, page by page, what is shown of them, and how they are counted. */
export function describeHits(getStore: () => PostStore): void {
  describe('the hits of a search', () => {
    it('begin with titles before contents, rare words before common ones, and more of the words before fewer', async () => {
      const filter = { authorId: randomUUID() };
      const [often, once, rare] = [uniqueWord('often'), uniqueWord('once'), uniqueWord('rare')];
      const write = (title: string, content: string) => makePost({ ...filter, title, content });
      const titled = write(once, 'one two three');
      const [several, unusual] = [write('one', `${often} ${once} three`), write('one', `${rare} two three`)];
      const others = Array.from({ length: 20 }, () => write('one', `${often} two three`));
      await insertPosts(getStore(), [...others, unusual, several, titled]);
      const first = async (text: string) => (await findIds(getStore(), text, { filter }))[0];
      expect(await first(once)).toBe(titled.id);
      expect(await first(`${often} ${rare}`)).toBe(unusual.id);
      expect(await first(`${often} ${once} -title:${once}`)).toBe(several.id);
    });

    it.each(['any', 'all'] as const)('come in the order of time, never published first (%s)', async (matching) => {
      const filter = { authorId: randomUUID() };
      const make = (fields: Partial<FullPost>) => makePost({ ...filter, title: 'Soup', ...fields });
      const posts = [make({}), make({ createTime: 1_600_000_000_000 }), make({ publishTime: undefined })];
      await insertPosts(getStore(), posts);
      const [, old, unpublished] = posts;
      const ascending = { field: 'publish_time', descending: false } as const;
      expect((await findIds(getStore(), 'soup', { filter, matching, order: ascending }))[0]).toBe(unpublished?.id);
      const latest = { field: 'create_time', descending: true } as const;
      expect((await findIds(getStore(), 'soup', { filter, matching, order: latest })).at(-1)).toBe(old?.id);
    });

    it('go on as they began, whatever is written meanwhile', async () => {
      const filter = { authorId: randomUUID() };
      const [one, two, beginning] = [`${uniqueWord('one')}ing`, uniqueWord('two'), uniqueWord('three')];
      const posts = [one, two, `${beginning}x`].flatMap((content) =>
        [1, 2].map(() => makePost({ ...filter, content })),
      );
      await insertPosts(getStore(), posts);
      const text = `${one} ${two} ${beginning}*`;
      const before = await prepareSearch(getStore(), text, { filter });
      const { next } = await before.findHits({ after: undefined, limit: 2 });
      // Another language, so many words that begin so that the first one is none of the commonest, and one word more often.
      const words = Array.from({ length: 40 }, (_, index) => `${beginning}${index}`);
      const content = [one, ...words].join(' ');
      await insertPosts(
        getStore(),
        [1, 2, 3].map(() => makePost({ content, language: 'nl' })),
      );
      const after = await prepareSearch(getStore(), text, { filter }, JSON.parse(JSON.stringify(before.basis)));
      const { hits } = await after.findHits({ after: next, limit: 10 });
      expect(hits).toHaveLength(4);
      expect(hits).toEqual((await before.findHits({ after: next, limit: 10 })).hits);
    });

    it('show what matched: other forms, accents, beginnings, phrases as a whole', async () => {
      const shown = async (query: string, text: string, language = 'en') => {
        const matches = (await prepareSearch(getStore(), query)).findMatches('content', language)(text);
        return matches.map(({ start, end }) => text.slice(start, end));
      };
      expect(await shown('runs cafe', 'Running to the Cafés')).toEqual(['Running', 'Cafés']);
      expect(await shown('café', 'cafe')).toEqual(['cafe']);
      expect(await shown('the running', 'the run')).toEqual(['run']);
      expect(await shown('"the run"', 'the run, to the end')).toEqual(['the run']);
      expect(await shown('ru*', 'Rusty runs are true')).toEqual(['Rusty', 'runs']);
      expect(await shown('東京都', '大東京都心', 'ja')).toEqual(['東京都']);
      expect(await shown('foo_bar', 'a foo_bar, bar', 'en')).toEqual(['foo_bar', 'bar']);
      expect(await shown('title:run -leek', 'run leek')).toEqual([]);
    });
  });

  describe('many equal hits', () => {
    const word = uniqueWord('word');
    const filter = { published: true };
    const many = Array.from({ length: 45 }, (_, index) =>
      makePost({
        title: `${word} ${index % 2 ? 'apple' : 'pear'}`,
        content: 'x',
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
    /** By time as it is ordered, those of one time by id in the same direction. */
    const sortByTime = (field: 'createTime' | 'publishTime', descending: boolean) => {
      const keys = many.map((post) => [post[field] ?? Number.NEGATIVE_INFINITY, post.id] as const);
      const sorted = keys.sort(([a, left], [b, right]) => (a === b ? Number(left > right) - 0.5 : a - b));
      return (descending ? sorted.reverse() : sorted).map(([, id]) => id);
    };

    it.each(cases)('come page by page without doubles or gaps (%s, %s %s)', async (matching, _field, _way, order) => {
      const hits: SearchHit[] = [];
      let after: SearchPosition | undefined;
      let basis: SearchBasis | undefined;
      do {
        const prepared = await prepareSearch(getStore(), word, { matching, order, filter }, basis);
        const page = await prepared.findHits({ after, limit: 7 });
        hits.push(...page.hits);
        basis = JSON.parse(JSON.stringify(prepared.basis));
        after = page.next && JSON.parse(JSON.stringify(page.next));
      } while (after !== undefined);
      const ids = hits.map(({ id }) => id);
      const { field, descending } = order;
      if (field === 'relevance') {
        const places = hits.map(({ id, score }) => ({ id, score }));
        expect(places).toEqual(places.toSorted((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1)));
        expect(ids.toSorted()).toEqual(many.map(({ id }) => id).sort());
      } else expect(ids).toEqual(sortByTime(field === 'create_time' ? 'createTime' : 'publishTime', descending));
      expect(hits.every(({ score }) => Number.isFinite(score) && score > 0)).toBe(true);
    });

    it.each(['any', 'all'] as const)('are counted exactly, by facets too (%s)', async (matching) => {
      const prepared = await prepareSearch(getStore(), word, { matching, filter });
      expect(await prepared.count()).toEqual({ value: 45, exact: true });
      const { value: facets, exact } = await prepared.countFacets(['tags', 'author_id', 'language', 'month']);
      expect(exact).toBe(true);
      const [tags, authors, languages, months] = facets;
      expect(tags?.values[0]).toEqual({ value: 'all', count: 45 });
      expect([tags?.values.length, tags?.truncated]).toEqual([20, true]);
      expect([authors?.values.length, authors?.truncated]).toEqual([20, true]);
      expect(languages).toEqual({ facet: 'language', values: [{ value: 'en', count: 45 }], truncated: false });
      expect(months?.values).toEqual(['2026-01', '2026-02', '2026-03'].map((value) => ({ value, count: 15 })));
    });

    it('are cut to 20 values of a facet, and 20 are not cut', async () => {
      const authorIds = many.slice(0, 20).map(({ authorId }) => authorId);
      const prepared = await prepareSearch(getStore(), word, { filter: { ...filter, authorIds } });
      const { value: facets } = await prepared.countFacets(['author_id', 'tags']);
      expect(facets.map(({ values, truncated }) => [values.length, truncated])).toEqual([
        [20, false],
        [20, true],
      ]);
    });
  });
}
