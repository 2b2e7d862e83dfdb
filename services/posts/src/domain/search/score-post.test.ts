import { describe, expect, it } from 'vitest';
import { compileQuery } from './compile-query.ts';
import { parseQuery } from './parse-query.ts';
import { createScorer } from './score-post.ts';
import { analysePost, encodeTermVector } from './term-vector.ts';

const figures = {
  posts: 1_000,
  averageTitleLength: 2,
  averageContentLength: 4,
  frequencies: new Map([
    ['leek', 10],
    ['soup', 400],
  ]),
};
const score = (query: string, title: string, content: string, tags: readonly string[] = []) => {
  const compiled = compileQuery(parseQuery(query), { language: 'en', matching: 'any', expansions: new Map() });
  const post = analysePost({ title, content, tags, language: 'en' });
  return createScorer(compiled, figures)(encodeTermVector(post))?.sure;
};
const better = (a: number | undefined, b: number | undefined) => expect(a ?? 0).toBeGreaterThan(b ?? 0);

describe('the score of a post', () => {
  it('is that of BM25F', () => {
    // One in the title of average length, none elsewhere: weight 3, rarity ln(1 + 990.5 / 10.5).
    expect(score('leek', 'leek bread', 'one two three four')).toBeCloseTo(
      Math.log(1 + 990.5 / 10.5) * ((3 * 2.5) / 4.5),
      10,
    );
  });

  it('rises with rarity, fields that weigh more, and more of the words', () => {
    better(score('leek soup', 'x', 'leek a b c'), score('leek soup', 'x', 'soup a b c'));
    better(score('leek', 'leek', 'a b c'), score('leek', 'x', 'leek b c'));
    better(score('leek', 'x', 'one two three four', ['leek']), score('leek', 'x', 'leek two three four'));
    better(score('leek soup', 'x', 'leek soup b c'), score('leek soup', 'x', 'leek a b c'));
  });

  it('gives long posts no advantage', () => {
    better(score('leek', 'x', 'leek two three'), score('leek', 'x', `leek ${'filler '.repeat(50)}`));
  });

  it('is undefined where the words do not match', () => {
    expect(score('leek', 'x', 'soup')).toBeUndefined();
    expect(score('leek -soup', 'x', 'leek soup')).toBeUndefined();
    expect(score('title:leek', 'x', 'leek')).toBeUndefined();
    expect(score('"leek soup"', 'x', 'leek')).toBeUndefined();
    expect(score('-leek', 'x', 'soup')).toBeUndefined();
  });

  it('is finite whatever the figures are', () => {
    const compiled = compileQuery(parseQuery('leek'), { language: 'en', matching: 'any', expansions: new Map() });
    const vector = encodeTermVector(analysePost({ title: 'leek', content: '', tags: [], language: 'en' }));
    const none = { posts: 0, averageTitleLength: 0, averageContentLength: 0, frequencies: new Map([['leek', 5]]) };
    expect(createScorer(compiled, none)(vector)?.sure).toBeGreaterThan(0);
  });
});
