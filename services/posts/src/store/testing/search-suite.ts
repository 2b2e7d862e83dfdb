import { randomUUID } from 'node:crypto';
import { makeCall } from '@tandem/rpc/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import type { FullPost } from '../../domain/post.ts';
import type { SearchBasis, SearchOrder, SearchPosition, SearchSubject } from '../../domain/search.ts';
import type { PostStore, SearchHit } from '../store.ts';
import { insertPosts, makePost } from './store-calls.ts';

const byRelevance: SearchOrder = { field: 'relevance', descending: true };

export function describeSearch(getStore: () => PostStore): void {
  describe('search', () => {
    const authorId = randomUUID();
    const make = (title: string, content: string, fields = {}) => makePost({ authorId, title, content, ...fields });
    const soup = make('Leek soup', 'Running water and leeks', { tags: ['kitchen'] });
    const bread = make('Bread', 'The soup of the day goes with it; Café Łódź', {
      createTime: 1_600_000_000_000,
      tags: ['hot pots'],
    });
    const both = make('Notes', 'Soup, bread, leeks: run for them; foo_bar, C++', {
      publishTime: undefined,
      language: 'fr',
    });
    const draft = make('Draft soup', 'leeks', { published: false, publishTime: undefined });
    const names = new Map([
      [soup.id, 'soup'],
      [bread.id, 'bread'],
      [both.id, 'both'],
      [draft.id, 'draft'],
    ]);
    beforeAll(() => insertPosts(getStore(), [soup, bread, both, draft]));

    const prepare = (text: string, subject: Partial<SearchSubject> = {}, basis?: SearchBasis) =>
      getStore().search.prepare(
        { text, filter: { authorId, published: true }, matching: 'any', order: byRelevance, ...subject },
        makeCall(),
        basis,
      );
    const find = async (text: string, subject: Partial<SearchSubject> = {}) => {
      const { hits } = await (await prepare(text, subject)).findHits({ after: undefined, limit: 10 });
      return hits.map(({ id }) => names.get(id));
    };

    it.each([
      ['leek', ['both', 'soup']],
      ['LEEKS', ['both', 'soup']],
      ['runs', ['both', 'soup']],
      ['kitchen', ['soup']],
      ['cafe', ['bread']],
      ['lodz', ['bread']],
      ['"leek soup"', ['soup']],
      ['"LEEK, soup"', ['soup']],
      ['"leeks soup"', []],
      ['"soup of the day"', ['bread']],
      ['"of the day" quince', ['bread']],
      ['leek -soup', []],
      ['leek -bread', ['soup']],
      ['soup -"of the day"', ['both', 'soup']],
      ['soup -"day of"', ['both', 'bread', 'soup']],
      ['-soup', []],
      ['title:soup', ['soup']],
      ['soup -title:soup', ['both', 'bread']],
      ['title:"leek soup"', ['soup']],
      ['tag:KITCHEN', ['soup']],
      ['tag:"Hot Pots"', ['bread']],
      ['tag:hot', []],
      ['hot', ['bread']],
      ['soup -tag:kitchen', ['both', 'bread']],
      ['the', ['bread']],
      ['the of', ['bread']],
      ['the leek', ['both', 'soup']],
      ['tit* bre*', ['both', 'bread']],
      ['title:lee*', ['soup']],
      ['foo_bar', ['both']],
      ['bar', ['both']],
      ['c++', ['both']],
      ['leek -c++', ['soup']],
      ['leek --c++', ['both', 'soup']],
      ['soup -brea*', ['soup']],
      ['soup -title:brea*', ['both', 'soup']],
      ['soup -kit*', ['both', 'bread']],
      ['leek -foo-ba*', ['soup']],
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
      ['the', ['bread']],
      ['leek foo_bar', ['both']],
      ['soup bre*', ['both', 'bread']],
      ['leek "hot pots"', []],
      ['soup "hot pots"', ['bread']],
    ])('finds with all of the words of %s: %j', async (text, expected) => {
      expect((await find(text, { matching: 'all' })).sort()).toEqual(expected);
    });

    it('finds by the author that a query names, alone and with words', async () => {
      expect(await find(`author:${authorId} cafe`, { filter: { published: true } })).toEqual(['bread']);
      expect((await find(`author:${authorId}`, { filter: { published: true } })).sort()).toEqual([
        'both',
        'bread',
        'soup',
      ]);
      expect(await find(`author:${authorId} leek`, { filter: { authorIds: [randomUUID()] } })).toEqual([]);
      expect(await find(`leek -author:${authorId}`)).toEqual([]);
    });

    it('finds unpublished posts only where the filter says so', async () => {
      expect(await find('draft', { filter: { authorId, published: false } })).toEqual(['draft']);
      expect(await find('draft')).toEqual([]);
      expect(await find('leek', { filter: { authorId, published: true, language: 'fr' } })).toEqual(['both']);
      expect(await find('leek', { filter: { authorId, authorIds: [randomUUID()] } })).toEqual([]);
    });

    describe('a beginning that more words have than are searched', () => {
      const author = randomUUID();
      const start = `z${randomUUID().replaceAll('-', '')}`;
      const filter = { authorId: author };
      const some = Array.from({ length: 40 }, (_, index) =>
        makePost({ authorId: author, content: `porridge ${start}${index}` }),
      );
      const plain = makePost({ authorId: author, content: 'porridge' });
      beforeAll(() => insertPosts(getStore(), [...some, plain]));
      const count = async (text: string) => (await prepare(text, { filter })).count();

      it('finds posts with as many of them, and says that its total is not all', async () => {
        expect(await count(`${start}*`)).toEqual({ value: 30, exact: false });
        expect(await count(`${start}1*`)).toEqual({ value: 11, exact: true });
      });

      it('leaves out the posts with any of them', async () => {
        const { hits } = await (await prepare(`porridge -${start}*`, { filter })).findHits({
          after: undefined,
          limit: 10,
        });
        expect(hits.map(({ id }) => id)).toEqual([plain.id]);
        expect(await count(`porridge -${start}*`)).toEqual({ value: 1, exact: true });
      });
    });

    it('ranks titles above contents, rare words above common ones, and more of the words above fewer', async () => {
      const author = randomUUID();
      const [often, once, rare] = ['often', 'once', 'rare'].map((word) => `${word}${randomUUID().replaceAll('-', '')}`);
      const write = (title: string, content: string) => makePost({ authorId: author, title, content });
      const titled = write(`${once}`, 'one two three');
      const [several, unusual] = [write('one', `${often} ${once} three`), write('one', `${rare} two three`)];
      const others = Array.from({ length: 20 }, () => write('one', `${often} two three`));
      await insertPosts(getStore(), [...others, unusual, several, titled]);
      const first = async (text: string) => {
        const prepared = await prepare(text, { filter: { authorId: author } });
        return (await prepared.findHits({ after: undefined, limit: 1 })).hits[0]?.id;
      };
      expect(await first(`${once}`)).toBe(titled.id);
      expect(await first(`${often} ${rare}`)).toBe(unusual.id);
      expect(await first(`${often} ${once} -title:${once}`)).toBe(several.id);
    });

    it.each(['any', 'all'] as const)('orders by time, never published first (%s)', async (matching) => {
      const ascending = { field: 'publish_time', descending: false } as const;
      expect((await find('soup', { matching, order: ascending }))[0]).toBe('both');
      expect((await find('soup', { matching, order: { field: 'create_time', descending: true } })).at(-1)).toBe(
        'bread',
      );
    });

    it('shows what matched: other forms, accents, beginnings, phrases as a whole', async () => {
      const shown = async (query: string, text: string, language = 'en') => {
        const matches = (await prepare(query)).findMatches('content', language)(text);
        return matches.map(({ start, end }) => text.slice(start, end));
      };
      expect(await shown('runs cafe', 'Running to the Cafés')).toEqual(['Running', 'Cafés']);
      expect(await shown('café', 'cafe')).toEqual(['cafe']);
      expect(await shown('the running', 'the run')).toEqual(['run']);
      expect(await shown('"the run"', 'the run, to the end')).toEqual(['the run']);
      expect(await shown('ru*', 'Rusty runs are true')).toEqual(['Rusty', 'runs']);
      expect(await shown('東京都', '大東京都心', 'ja')).toEqual(['東京都']);
      expect(await shown('foo_bar', 'a foo_bar, bar', 'en')).toEqual(['foo_bar', 'bar']);
      expect(await shown('title:run -leek', 'run leek')).toEqual([]);
    });

    it('finds posts of each language in its own words', async () => {
      const author = randomUUID();
      const spanish = makePost({ authorId: author, title: 'Comunicación', content: 'Los gatos', language: 'es' });
      const japanese = makePost({ authorId: author, title: '東京タワーへ行く', content: '', language: 'ja' });
      const german = makePost({ authorId: author, title: 'Die Häuser', content: 'der Stadt', language: 'de' });
      const thai = makePost({ authorId: author, title: 'ภาษาไทยง่าย', content: '', language: 'th' });
      const polish = makePost({ authorId: author, title: 'Książki', content: '', language: 'pl' });
      await insertPosts(getStore(), [spanish, japanese, german, thai, polish]);
      const within = { filter: { authorId: author } };
      const ids = async (text: string, subject: Partial<SearchSubject> = {}) => {
        const { hits } = await (await prepare(text, { ...within, ...subject })).findHits({
          after: undefined,
          limit: 9,
        });
        return hits.map(({ id }) => id);
      };
      for (const text of ['comunicacion', 'comunicación', 'gato']) expect(await ids(text)).toEqual([spanish.id]);
      for (const text of ['東京', 'ﾀﾜｰ', '京', '"東京タワー"']) expect(await ids(text)).toEqual([japanese.id]);
      for (const text of ['haus', 'HÄUSER', 'die häuser'])
        expect(await ids(text, { matching: 'all' })).toEqual([german.id]);
      expect(await ids('ไทย')).toEqual([thai.id]);
      expect(await ids('ksiazki')).toEqual([polish.id]);
      expect(await ids('haus', { filter: { authorId: author, language: 'en' } })).toEqual([]);
    });

    it('finds a post of a language that none had before as soon as it is written', async () => {
      await find('leek');
      const swedish = makePost({ authorId: randomUUID(), title: 'Flickorna', language: 'sv' });
      await insertPosts(getStore(), [swedish]);
      const { hits } = await (await prepare('flickor', { filter: { authorId: swedish.authorId } })).findHits({
        after: undefined,
        limit: 9,
      });
      expect(hits.map(({ id }) => id)).toEqual([swedish.id]);
    });

    it('finds a post by its new words, and not by its old, as soon as it has changed', async () => {
      const before = makePost({ authorId: randomUUID(), title: 'Quinces', content: 'and pears' });
      await insertPosts(getStore(), [before]);
      const change = (fields: Partial<FullPost>, unread: boolean, version: number) =>
        getStore().transaction(makeCall(), async ({ posts }) => {
          const content = unread ? { content: undefined } : {};
          const base = { ...before, version, title: version > 1 ? 'Medlars' : before.title };
          await posts.updateMany([
            { before: { ...base, ...content }, after: { ...base, ...fields, ...content, version: version + 1 } },
          ]);
          return {};
        });
      const found = async (text: string) =>
        (await (await prepare(text, { filter: { authorId: before.authorId } })).count()).value;
      await change({ title: 'Medlars' }, true, 1);
      expect([await found('quince'), await found('medlar'), await found('pear')]).toEqual([0, 1, 1]);
      await change({ title: 'Medlars', content: 'and plums' }, false, 2);
      expect([await found('medlar'), await found('pear'), await found('plum')]).toEqual([1, 0, 1]);
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
        let basis: SearchBasis | undefined;
        do {
          const prepared = await prepare(word, { matching, order, filter: { published: true } }, basis);
          const page = await prepared.findHits({ after, limit: 7 });
          hits.push(...page.hits);
          basis = JSON.parse(JSON.stringify(prepared.basis));
          after = page.next && JSON.parse(JSON.stringify(page.next));
        } while (after !== undefined);
        expect(hits).toHaveLength(45);
        expect(new Set(hits.map(({ id }) => id))).toEqual(new Set(many.map(({ id }) => id)));
        expect(hits.every(({ score }) => Number.isFinite(score) && score > 0)).toBe(true);
      });

      it.each(['any', 'all'] as const)('counts exactly, by facets too (%s)', async (matching) => {
        const prepared = await prepare(word, { matching, filter: { published: true } });
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
    });

    it('takes any text for a query', async () => {
      for (const text of ['a'.repeat(2000), '\u0000\u0007', '😀 "', "'''", '{"$gt":1}', 'x '.repeat(900), '-"-"-']) {
        for (const matching of ['any', 'all'] as const) {
          const found = await (await prepare(text, { matching })).findHits({ after: undefined, limit: 5 });
          expect(found.hits).toBeInstanceOf(Array);
        }
      }
    });
  });
}
