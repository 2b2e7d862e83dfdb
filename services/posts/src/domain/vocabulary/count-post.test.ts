import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addChanges, addPost, countPosts, emptyChanges } from './count-changes.ts';
import { type CountedPost, countPost } from './count-post.ts';
import { listKeys, readEntry, startKey, toIdRange, toTagId, toWordId } from './vocabulary-entry.ts';

const post = (fields: Partial<CountedPost> = {}): CountedPost => ({
  title: 'The Leek soup',
  tags: ['Hot Soup'],
  content: 'Café: leeks and leeks, foo_bar',
  language: 'en',
  published: true,
  ...fields,
});
const textsOf = (ids: ReadonlySet<string>) => [...ids].map((id) => readEntry(id).text);

describe('countPost', () => {
  it('counts each term and each word as written once', () => {
    const counts = countPost(post());
    expect(textsOf(counts.words)).toEqual([
      'the',
      'leek',
      'soup',
      'hot',
      'café',
      'leeks',
      'and',
      'foo_bar',
      'foo',
      'bar',
    ]);
    expect(textsOf(counts.tags)).toEqual(['Hot Soup']);
    expect(counts.terms.has('leek') && !counts.terms.has('leeks')).toBe(true);
    expect([counts.titleLength, counts.contentLength]).toEqual([2, 5]);
  });

  it('counts for a bounded share of a text without end', () => {
    const content = Array.from({ length: 50_000 }, (_, index) => `word${index}`).join(' ');
    const counts = countPost(post({ content }));
    expect([counts.terms.size, counts.words.size]).toEqual([5_000, 2_000]);
  });
});

describe('addPost', () => {
  it('leaves nothing of a post that was added and taken away', () => {
    const changes = emptyChanges();
    addPost(changes, countPost(post()), 1);
    addPost(changes, countPost(post()), -1);
    expect([changes.posts, changes.titleLength, changes.contentLength]).toEqual([0, 0, 0]);
    expect([changes.terms.size, changes.languages.size]).toEqual([0, 0]);
    expect([...changes.entries.values()].every(({ posts, published }) => posts === 0 && published === 0)).toBe(true);
  });
});

describe('addChanges', () => {
  it('is as if the posts had been added one by one, wherever they are parted', () => {
    const signs = fc.constantFrom(1 as const, -1 as const);
    const texts = fc.array(fc.constantFrom('leek', 'soup', 'Café'), { maxLength: 4 }).map((words) => words.join(' '));
    const posts = fc.array(
      fc.record({
        title: texts,
        content: texts,
        tags: fc.constantFrom([], ['Go']),
        language: fc.constantFrom('en', 'fr'),
        published: fc.boolean(),
        sign: signs,
      }),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(posts, fc.nat(6), (all, at) => {
        const parted = countPosts(all.slice(0, at));
        addChanges(parted, countPosts(all.slice(at)));
        expect(parted).toEqual(countPosts(all));
      }),
    );
  });
});

describe('an entry', () => {
  it('says what it is again', () => {
    for (const word of ['Café', 'soup', 'ﬁsh', '東京']) {
      expect(readEntry(toWordId(word) ?? '').text).toBe(word.normalize('NFKC').toLowerCase());
    }
    expect(readEntry(toTagId('Ärger Go') ?? '')).toEqual({ kind: 'tag', text: 'Ärger Go', folded: 'arger go' });
    expect(toWordId('\u0301')).toBeUndefined();
    expect(toWordId('x'.repeat(65))).toBeUndefined();
  });

  it('is found by its beginnings, case and accents ignored, and by no others', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 6 }),
        fc.string({ unit: 'binary', maxLength: 3 }),
        (text, start) => {
          const tag = `${start}${text}`.replaceAll('\0', '');
          const id = toTagId(tag);
          fc.pre(id !== undefined);
          const { folded } = readEntry(id ?? '');
          const characters = [...folded];
          for (let length = 1; length <= Math.min(4, characters.length); length += 1) {
            const beginning = characters.slice(0, length).join('');
            expect(listKeys(id ?? '')).toContain(startKey('tag', beginning));
            const { from, before } = toIdRange('tag', beginning);
            const compare = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
            expect(compare(from, id ?? '') <= 0 && compare(id ?? '', before) < 0).toBe(true);
          }
        },
      ),
    );
  });
});
