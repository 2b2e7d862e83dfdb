import { describe, expect, it } from 'vitest';
import { checkPostText, resolveLanguage, uniqueTags } from './post-text.ts';

describe('the text of a post', () => {
  it('wants something to see in the title and in each tag', () => {
    const violations = checkPostText({ title: '\u200b \u00a0', tags: ['soup', '\u2060', 'bread'] });
    expect(violations.map(({ field }) => field)).toEqual(['title', 'tags[1]']);
    expect(checkPostText({ title: 'a', tags: ['b'] })).toEqual([]);
  });

  it('counts a tag once and keeps the order; case makes another tag', () => {
    expect(uniqueTags(['go', 'rust', 'go', 'Go'])).toEqual(['go', 'rust', 'Go']);
  });

  it('may have 32 different tags', () => {
    const tags = Array.from({ length: 32 }, (_, index) => `tag ${index}`);
    expect(checkPostText({ title: 'a', tags: [...tags, ...tags] })).toEqual([]);
    expect(checkPostText({ title: 'a', tags: [...tags, 'one more'] }).map(({ field }) => field)).toEqual(['tags']);
  });

  it('is English where no language is said', () => {
    expect([resolveLanguage(''), resolveLanguage('fr')]).toEqual(['en', 'fr']);
  });
});
