import { describe, expect, it } from 'vitest';
import { hashTerm } from '../analysis/index-term.ts';
import { indexText } from './index-text.ts';
import { findTerm } from './term-vector.ts';

const index = (content: string) => indexText({ title: 'Leeks', tags: ['Hot Soup'], content, language: 'en' });

describe('what a text is found by', () => {
  it('is its terms in order, as often as they stand, and their vector', () => {
    const { vector, ...terms } = index('Running leeks and a leek');
    expect(terms).toEqual({
      title: 'leek',
      tags: '_t_hot_w_soup hot soup',
      content: 'run leek and a leek',
      titleLength: 1,
      contentLength: 4,
    });
    expect(findTerm(vector, hashTerm('leek'))).toEqual({ title: 1, tags: 0, content: 2 });
  });

  it('stays in the size of a document, whatever its characters stand for; the vector has all', () => {
    // One character that stands for four words, and signs that belong to it.
    const { content, vector } = index('ﷺ+ '.repeat(60_000));
    const terms = content.split(' ');
    expect(terms).toHaveLength(2);
    for (const term of terms) expect(findTerm(vector, hashTerm(term))?.content).toBe(2047);
  });

  it('is no more than one statement can change', () => {
    const words = Array.from({ length: 100_001 }, (_, index) => `${index}`);
    const { content } = index(words.join(' '));
    expect(content === words.slice(0, -1).join(' ')).toBe(true);
  });
});
