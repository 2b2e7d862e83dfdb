import { describe, expect, it } from 'vitest';
import { findStanding, toPhrase } from './phrase.ts';

const phraseOf = (text: string) => toPhrase(text, { inTitle: false, isOpen: false });
/** What stands of the phrases, and how much was read between two pauses. */
async function look(content: string, ...texts: string[]) {
  const phrases = texts.map(phraseOf);
  const parts: number[] = [];
  const pause = (units: number) => {
    parts.push(units);
    return undefined;
  };
  const standing = await findStanding({ title: 'Title', tags: ['one tag'], content }, { phrases, pause });
  return { standing: texts.filter((_, index) => phrases[index] && standing.has(phrases[index])), parts };
}

describe('phrases in a long text', () => {
  it.each([
    ['words', 'some other words', ' ', 'leek soup'],
    ['Chinese without a blank', '天地玄黃', '', '龍鳳呈祥'],
    ['words of many parts', 'ab', '_', 'leek_soup'],
  ])('are found wherever they stand, in parts with pauses between: %s', async (_, word, joint, phrase) => {
    const filler = word + joint;
    for (const before of [0, 9_990, 9_995, 9_999, 10_000, 20_001]) {
      const filled = filler.repeat(Math.ceil(before / filler.length)).slice(0, before);
      const { standing, parts } = await look(
        `${filled}${joint}${phrase}${joint}${filler.repeat(10_000)}`,
        phrase,
        'no phrase',
      );
      expect(standing).toEqual([phrase]);
      expect(Math.max(...parts)).toBeLessThan(11_000);
      expect(parts.length).toBeGreaterThan(3);
    }
  });

  it('are looked for no further than they are found', async () => {
    const { standing, parts } = await look(`leek soup ${'word '.repeat(100_000)}`, 'leek soup', 'one tag');
    expect(standing).toEqual(['leek soup', 'one tag']);
    expect(parts.reduce((sum, units) => sum + units, 0)).toBeLessThan(30_000);
  });

  it('stand within one tag, and in the title only where that is asked for', async () => {
    const inTitle = toPhrase('title', { inTitle: true, isOpen: false });
    const elsewhere = toPhrase('tag', { inTitle: true, isOpen: false });
    const over = phraseOf('tag other');
    const text = { title: 'Title', tags: ['one tag', 'other'], content: 'x' };
    const standing = await findStanding(text, { phrases: [inTitle, elsewhere, over], pause: () => undefined });
    expect([...standing]).toEqual([inTitle]);
  });
});
