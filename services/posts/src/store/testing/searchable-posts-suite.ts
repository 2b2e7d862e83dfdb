import { randomUUID } from 'node:crypto';
import { makeCall } from '@tandem/rpc/testing';
import { describe, expect, it } from 'vitest';
import type { FullPost } from '../../domain/post.ts';
import type { SearchSubject } from '../../domain/search.ts';
import type { PostStore } from '../store.ts';
import { findIds, prepareSearch } from './search-calls.ts';
import { insertPosts, makePost } from './store-calls.ts';

/** By which words a post is found, in its language, from when on and until when. */
export function describeSearchablePosts(getStore: () => PostStore): void {
  describe('a post is found', () => {
    it('by the words of its language', async () => {
      const filter = { authorId: randomUUID() };
      const make = (title: string, language: string, content = '') => makePost({ ...filter, title, language, content });
      const spanish = make('Comunicación', 'es', 'Los gatos');
      const japanese = make('東京タワーへ行く', 'ja');
      const german = make('Die Häuser', 'de', 'der Stadt');
      const thai = make('ภาษาไทยง่าย', 'th');
      const polish = make('Książki', 'pl');
      await insertPosts(getStore(), [spanish, japanese, german, thai, polish]);
      const find = (text: string, subject: Partial<SearchSubject> = {}) =>
        findIds(getStore(), text, { filter, ...subject });
      for (const text of ['comunicacion', 'comunicación', 'gato']) expect(await find(text)).toEqual([spanish.id]);
      for (const text of ['東京', 'ﾀﾜｰ', '京', '"東京タワー"']) expect(await find(text)).toEqual([japanese.id]);
      for (const text of ['haus', 'HÄUSER', 'die häuser'])
        expect(await find(text, { matching: 'all' })).toEqual([german.id]);
      expect(await find('ไทย')).toEqual([thai.id]);
      expect(await find('ksiazki')).toEqual([polish.id]);
      expect(await find('haus', { filter: { ...filter, language: 'en' } })).toEqual([]);
    });

    it('as soon as it is written, in a language that none had before', async () => {
      await findIds(getStore(), 'leek');
      const swedish = makePost({ title: 'Flickorna', language: 'sv' });
      await insertPosts(getStore(), [swedish]);
      const { authorId } = swedish;
      expect(await findIds(getStore(), 'flickor', { filter: { authorId } })).toEqual([swedish.id]);
    });

    it('by its new words, and not by its old, as soon as it has changed', async () => {
      const before = makePost({ title: 'Quinces', content: 'and pears' });
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
      const { authorId } = before;
      const found = async (text: string) =>
        (await (await prepareSearch(getStore(), text, { filter: { authorId } })).count()).value;
      await change({ title: 'Medlars' }, true, 1);
      expect([await found('quince'), await found('medlar'), await found('pear')]).toEqual([0, 1, 1]);
      await change({ title: 'Medlars', content: 'and plums' }, false, 2);
      expect([await found('medlar'), await found('pear'), await found('plum')]).toEqual([1, 0, 1]);
    });
  });
}
