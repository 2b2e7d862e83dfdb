import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fold } from './fold.ts';
import { anyText, anyUnits } from './unicode-arbitraries.ts';

const lastCodePoint = 0x10ffff;

function everyCharacter(): string[] {
  const codePoints = Array.from({ length: lastCodePoint + 1 }, (_, codePoint) => codePoint);
  return codePoints.filter((codePoint) => codePoint < 0xd800 || codePoint > 0xdfff).map((c) => String.fromCodePoint(c));
}

describe('fold', () => {
  it.each([
    ['lower case', 'HeLLo', 'hello'],
    ['accents', 'Crème Brûlée ÀÉÎÕÜ', 'creme brulee aeiou'],
    [
      'letters without marks',
      'Straße Łódź Øre Đà Ærø œuvre Þór Diyarbakır O’Name',
      "strasse lodz ore da aero oeuvre thor diyarbakir o'name",
    ],
    ['their capitals', 'ẞ Ł Ø Đ Æ Œ Þ', 'ss l o d ae oe th'],
    ['accented letters without marks', 'ǿ ǽ', 'o ae'],
    ['the Turkish capital I with a dot', 'İstanbul', 'istanbul'],
    ['the Kelvin and the Ångström sign', '\u212a \u212b', 'k a'],
    ['digraphs', 'Ǆ ǅ ǆ', 'dz dz dz'],
    ['ligatures', 'ﬁn ﬄ', 'fin ffl'],
    ['the long s', 'ſt', 'st'],
    ['both small sigmas', 'ΟΔΥΣΣΕΥΣ οδυσσευς', 'οδυσσευσ οδυσσευσ'],
    ['Greek accents and iota subscripts', 'ΆΈΐ ᾳ', 'αει α'],
    ['full width and mathematical letters', 'ＡＢ \u{1d400}\u{1d41a}', 'ab aa'],
    ['astral capitals (Deseret)', '\u{10400}', '\u{10428}'],
    ['astral marks', 'a\u{1d167}b', 'ab'],
    ['variation selectors', '\u2764\ufe0f', '\u2764'],
    ['Korean stays in syllables', '\u1112\u1161\u11ab 한', '한 한'],
  ])('folds %s', (_, text, folded) => {
    expect(fold(text)).toBe(folded);
  });

  it('makes the same of a text composed and decomposed', () => {
    fc.assert(fc.property(anyText, (text) => fold(text.normalize('NFD')) === fold(text.normalize('NFC'))));
  });

  it('changes nothing that is folded, and leaves no mark and no capital, for every character there is', () => {
    const wrong = everyCharacter().filter((character) => {
      const folded = fold(character);
      return fold(folded) !== folded || /\p{M}/u.test(folded) || folded.toLowerCase() !== folded;
    });
    expect(wrong).toEqual([]);
  });

  it('changes nothing that is folded, whatever characters meet', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const folded = fold(text);
        expect(fold(folded)).toBe(folded);
        expect(folded).not.toMatch(/\p{M}/u);
        expect(folded).toBe(folded.normalize('NFKC'));
      }),
      { numRuns: 5_000 },
    );
  });

  it('takes any UTF-16 units, lone surrogates too, and gives back well-formed text that is stable', () => {
    fc.assert(
      fc.property(anyUnits, (text) => {
        const folded = fold(text);
        expect(folded.isWellFormed()).toBe(true);
        expect(fold(folded)).toBe(folded);
      }),
      { numRuns: 2_000 },
    );
  });

  it('does not depend on the case or the accents of the text', () => {
    const word = fc.string({ unit: fc.constantFrom(...'abcxyzéüñößøσ ') });
    fc.assert(fc.property(word, (text) => fold(text.toUpperCase()) === fold(text)));
    fc.assert(fc.property(word, (text) => fold([...text].map((letter) => `${letter}\u0301`).join('')) === fold(text)));
  });
});
