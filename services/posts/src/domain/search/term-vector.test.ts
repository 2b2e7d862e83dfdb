import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashTerm, toTagTerm } from '../analysis/index-term.ts';
import { analysePost, encodeTermVector, findTerm, readLengths } from './term-vector.ts';

const vectorOf = (title: string, content: string, tags: readonly string[] = []) =>
  encodeTermVector(analysePost({ title, content, tags, language: 'en' }));

describe('a term vector', () => {
  it('knows how often each field has a term, and how long the fields are', () => {
    const vector = vectorOf('The leek soup', 'Leeks and leeks', ['Hot Soup']);
    expect(findTerm(vector, hashTerm('leek'))).toEqual({ title: 1, tags: 0, content: 2 });
    expect(findTerm(vector, hashTerm('soup'))).toEqual({ title: 1, tags: 1, content: 0 });
    expect(findTerm(vector, hashTerm('the'))).toEqual({ title: 1, tags: 0, content: 0 });
    expect(findTerm(vector, hashTerm(toTagTerm('hot soup')))).toEqual({ title: 0, tags: 1, content: 0 });
    expect(findTerm(vector, hashTerm('bread'))).toBeUndefined();
    expect(readLengths(vector)).toEqual({ title: 2, content: 2 });
  });

  it('reads the same anywhere in a buffer', () => {
    const bytes = encodeTermVector(analysePost({ title: 'a b', content: 'c', tags: [], language: 'xx' }));
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(findTerm(shifted.subarray(3), hashTerm('c'))).toEqual({ title: 0, tags: 0, content: 1 });
  });

  it('has every term of any post, and no field spills into another', () => {
    const word = fc.constantFrom('a', 'b', 'leek', 'ж', '東京', 'C++', 'foo_bar');
    const words = fc.array(word, { maxLength: 5_000, size: 'max' }).map((list) => list.join(' '));
    fc.assert(
      fc.property(words, words, (title, content) => {
        const post = analysePost({ title, content, tags: [], language: 'en' });
        const vector = encodeTermVector(post);
        for (const term of new Set([...post.title, ...post.content])) {
          const count = (terms: readonly string[]) => terms.filter((other) => other === term).length;
          expect(findTerm(vector, hashTerm(term))).toEqual({
            title: Math.min(7, count(post.title)),
            tags: 0,
            content: Math.min(2047, count(post.content)),
          });
        }
      }),
      { numRuns: 30 },
    );
  });
});
