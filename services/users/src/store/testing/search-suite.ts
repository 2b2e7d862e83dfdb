import { randomUUID } from 'node:crypto';
import { makeCall } from '@tandem/rpc/testing';
import { describe, expect, it } from 'vitest';
import type { ImportRow } from '../../domain/import-plan.ts';
import { readSearchWords } from '../../domain/search-words.ts';
import type { UserFilter } from '../../domain/user.ts';
import type { SearchPosition } from '../../domain/user-search.ts';
import type { UserStore } from '../store.ts';
import { makeRow } from './store-calls.ts';

export function describeSearch(getStore: () => UserStore): void {
  describe('search', () => {
    const load = (rows: ImportRow[]) => getStore().transaction(makeCall(), (tx) => tx.users.importRows(rows, 'error'));
    /** A word that nobody else has. */
    const makeWord = () => `w${randomUUID().replaceAll('-', '')}`;

    async function collect(text: string, { limit = 100, filter = {} }: { limit?: number; filter?: UserFilter } = {}) {
      const names: string[] = [];
      let after: SearchPosition | undefined;
      do {
        const query = { words: readSearchWords(text), filter, after, limit };
        const page = await getStore().reader.search(query, makeCall());
        names.push(...page.hits.map(({ user }) => user.name));
        after = page.next;
      } while (after !== undefined);
      return names;
    }

    it('finds whole words and their starts, in name and e-mail, whatever the case and the accents', async () => {
      const word = makeWord();
      await load([
        makeRow({ name: `Émile ${word.toUpperCase()}x` }),
        makeRow({ name: 'Zoë', email: `a.${word}@y.org` }),
      ]);
      expect(await collect(`${word} emi`)).toEqual([`Émile ${word.toUpperCase()}x`]);
      expect(await collect(`E\u0301MILE ${word}`)).toHaveLength(1);
      expect(await collect(`a.${word}@y.org`)).toEqual(['Zoë']);
      expect(await collect(word.slice(1))).toEqual([]);
      expect(await collect('')).toEqual([]);
    });

    it('ranks whole words before starts, the name before the e-mail, and early words before late ones', async () => {
      const word = makeWord();
      await load([
        makeRow({ name: 'g', email: `a-${word}x@example.org` }),
        makeRow({ name: 'f', email: `${word}x@example.org` }),
        makeRow({ name: `e ${word}x` }),
        makeRow({ name: `${word}x d` }),
        makeRow({ name: 'c', email: `${word}@example.org` }),
        makeRow({ name: `b ${word}` }),
        makeRow({ name: `${word} a` }),
      ]);
      const ranked = [`${word} a`, `b ${word}`, 'c', `${word}x d`, `e ${word}x`, 'f', 'g'];
      expect(await collect(word)).toEqual(ranked);
      for (const limit of [1, 2, 3]) expect(await collect(word, { limit })).toEqual(ranked);
    });

    it('gives equals by id, each once', async () => {
      const word = makeWord();
      await load(Array.from({ length: 30 }, () => makeRow({ name: word })));
      const query = { words: [word], filter: {}, after: undefined, limit: 100 };
      const { hits } = await getStore().reader.search(query, makeCall());
      const ids = hits.map(({ user }) => user.id);
      expect(ids).toEqual([...new Set(ids)].sort());
      expect(ids).toHaveLength(30);
      expect(await collect(word, { limit: 7 })).toHaveLength(30);
    });

    it('holds to the filter, and counts what it finds', async () => {
      const word = makeWord();
      await load([makeRow({ name: `a ${word}` }), makeRow({ name: `b ${word}`, isActive: false })]);
      expect(await collect(word, { filter: { isActive: false } })).toEqual([`b ${word}`]);
      expect(await collect(word, { filter: { namePrefix: 'Á' } })).toEqual([`a ${word}`]);
      const count = (filter: UserFilter) => getStore().reader.countFound({ words: [word], filter }, makeCall());
      expect([await count({}), await count({ isActive: true })]).toEqual([2n, 1n]);
    });

    it('takes what stands in a query for itself', async () => {
      const word = makeWord();
      await load([makeRow({ name: `% _ ' \\ ? :* ${word}` })]);
      for (const extra of ['%', '_', "'", '\\', '?', '&', ':*', '!']) {
        expect(await collect(`${extra}${word}${extra}`)).toHaveLength(1);
      }
      expect(await collect(`${word}_`.replace('w', '_'))).toEqual([]);
    });

    it('follows a name that changes', async () => {
      const [old, now, id] = [makeWord(), makeWord(), randomUUID()];
      await load([makeRow({ id, name: old })]);
      const changed = [makeRow({ id, name: now })];
      await getStore().transaction(makeCall(), (tx) => tx.users.importRows(changed, 'update'));
      expect([await collect(old), await collect(now)]).toEqual([[], [now]]);
    });
  });

  describe('chunks', () => {
    it('give everyone once, by id, whatever the filter', async () => {
      const prefix = randomUUID();
      const rows = Array.from({ length: 10 }, (_, n) => makeRow({ name: `${prefix} ${n}`, isActive: n % 2 === 0 }));
      await getStore().transaction(makeCall(), (tx) => tx.users.importRows(rows, 'error'));
      const read = async (filter: UserFilter) => {
        const ids: string[] = [];
        for (;;) {
          const query = { filter, afterId: ids.at(-1), limit: 3 };
          const chunk = await getStore().reader.readChunk(query, makeCall());
          ids.push(...chunk.map(({ id }) => id));
          if (chunk.length < 3) return ids;
        }
      };
      const all = await read({ namePrefix: prefix });
      expect(all).toHaveLength(10);
      expect(all).toEqual([...new Set(all)].sort());
      expect(await read({ namePrefix: prefix, isActive: false })).toHaveLength(5);
    });
  });
}
