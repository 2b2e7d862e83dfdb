import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { SearchSubject } from '../../domain/search.ts';
import type { PostStore } from '../store.ts';
import { findIds, prepareSearch } from './search-calls.ts';
import { insertPosts, makePost } from './store-calls.ts';

/** What posts a query finds. */
export function describeQueries(getStore: () => PostStore): void {
  describe('a query', () => {
    const authorId = randomUUID();
    const filter = { authorId, published: true };
    const make = (title: string, content: string, fields = {}) => makePost({ authorId, title, content, ...fields });
    const soup = make('Leek soup', 'Running water and leeks', { tags: ['kitchen'] });
    const bread = make('Bread', 'The soup of the day goes with it; Café Łódź', { tags: ['hot pots'] });
    const both = make('Notes', 'Soup, bread, leeks: run for them; foo_bar, C++', { language: 'fr' });
    const draft = make('Draft soup', 'leeks', { published: false, publishTime: undefined });
    const names = new Map([
      [soup.id, 'soup'],
      [bread.id, 'bread'],
      [both.id, 'both'],
      [draft.id, 'draft'],
    ]);
    beforeAll(() => insertPosts(getStore(), [soup, bread, both, draft]));

    const find = async (text: string, subject: Partial<SearchSubject> = {}) => {
      const ids = await findIds(getStore(), text, { filter, ...subject });
      return ids.map((id) => names.get(id)).sort();
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
      expect(await find(text)).toEqual(expected);
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
      expect(await find(text, { matching: 'all' })).toEqual(expected);
    });

    it('finds by the author that it names, alone and with words', async () => {
      const published = { filter: { published: true } };
      expect(await find(`author:${authorId} cafe`, published)).toEqual(['bread']);
      expect(await find(`author:${authorId}`, published)).toEqual(['both', 'bread', 'soup']);
      expect(await find(`author:${authorId} leek`, { filter: { authorIds: [randomUUID()] } })).toEqual([]);
      expect(await find(`leek -author:${authorId}`)).toEqual([]);
    });

    it('finds unpublished posts only where the filter says so', async () => {
      expect(await find('draft', { filter: { authorId, published: false } })).toEqual(['draft']);
      expect(await find('draft')).toEqual([]);
      expect(await find('leek', { filter: { authorId, published: true, language: 'fr' } })).toEqual(['both']);
      expect(await find('leek', { filter: { authorId, authorIds: [randomUUID()] } })).toEqual([]);
    });

    it('may be any text', async () => {
      for (const text of ['a'.repeat(2000), '\u0000\u0007', '😀 "', "'''", '{"$gt":1}', 'x '.repeat(900), '-"-"-']) {
        for (const matching of ['any', 'all'] as const) expect(await find(text, { matching })).toEqual([]);
      }
    });
  });

  describe('a query of more words than may lead', () => {
    const filter = { authorId: randomUUID() };
    const unheard = Array.from({ length: 100 }, (_, index) => `xq${index}`).join(' ');
    const post = makePost({ ...filter, content: 'Gooseberry fool' });
    beforeAll(() => insertPosts(getStore(), [post, makePost({ ...filter, content: 'Toast' })]));

    it('finds posts by those that posts have, wherever they stand', async () => {
      for (const text of [`gooseberry ${unheard}`, `${unheard} gooseberry`]) {
        expect(await findIds(getStore(), text, { filter })).toEqual([post.id]);
      }
    });
  });

  describe('a beginning that more words have than are searched', () => {
    const start = `z${randomUUID().replaceAll('-', '')}`;
    const filter = { authorId: randomUUID() };
    const some = Array.from({ length: 40 }, (_, index) =>
      makePost({ ...filter, content: `porridge ${start}${index}` }),
    );
    const plain = makePost({ ...filter, content: 'porridge' });
    beforeAll(() => insertPosts(getStore(), [...some, plain]));
    const count = async (text: string) => (await prepareSearch(getStore(), text, { filter })).count();

    it('finds posts with as many of them, and says that its total is not all', async () => {
      expect(await count(`${start}*`)).toEqual({ value: 30, exact: false });
      expect(await count(`${start}1*`)).toEqual({ value: 11, exact: true });
    });

    it('leaves out the posts with any of them', async () => {
      expect(await findIds(getStore(), `porridge -${start}*`, { filter })).toEqual([plain.id]);
      expect(await count(`porridge -${start}*`)).toEqual({ value: 1, exact: true });
    });
  });
}
