import { fold } from '@tandem/text';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { analyseWord } from '../analysis/analyse-word.ts';
import { analysedLanguages } from '../analysis/languages.ts';
import { beginsSurely, readBeginning } from './word-beginning.ts';

describe('a word that is begun', () => {
  it.each([
    ['Lée', { head: '', text: 'lee', isRun: false }],
    ['foo-Bár', { head: 'foo-', text: 'bar', isRun: false }],
    ['c++', { head: '', text: 'c++', isRun: false }],
    ['東京都', { head: '', text: '東京都', isRun: true }],
    ['a-東京', { head: 'a-', text: '東京', isRun: true }],
    ['한국', { head: '', text: '한국', isRun: true }],
  ])('is the last one of %s', (text, expected) => {
    expect(readBeginning(text)).toEqual(expected);
  });
});

describe('a term', () => {
  it.each([
    ['leek', 'lee', 'en', true],
    ['leek', 'leek', 'en', true],
    ['comput', 'comput', 'en', true],
    ['organ', 'organiz', 'en', false],
    ['hope', 'hope', 'en', false], // hoping
    ['happi', 'happi', 'en', false], // happy
    ['die', 'di', 'en', false], // dying
    ['kirja', 'kirj', 'xx', true],
    ['kirja', 'kirj', 'fi', false],
  ])('%s says of a word that it begins by %s in %s: %s', (term, beginning, language, expected) => {
    expect(beginsSurely(term, beginning, language)).toBe(expected);
  });

  const tails = (
    'ing ed s es ies y ational ization ability ment ement amment logie logia ucao encia enza ance ly ingly edly ement heit ' +
    'isch lich amente idad abilidad uciones lar ler inin nda ssa iksi ban val ovat iyami enheten lost fullt issimo eux ' +
    'euse ismo ism isme ist abilitate ert erte aan een oon igheid ingen elijk kkei fully biliti bility skies dying'
  ).split(' ');
  it('says so in no language of a word that begins otherwise', () => {
    const letters = fc.string({ unit: fc.constantFrom(...'abcdeghiklmnoprstuvwyzäéñöüı'), maxLength: 6 });
    const languages = fc.constantFrom(...analysedLanguages.keys());
    fc.assert(
      fc.property(languages, letters, fc.constantFrom(...tails), fc.nat(12), (language, root, tail, length) => {
        const word = root + tail;
        for (const term of analyseWord(word, language).terms) {
          const beginning = term.slice(0, length);
          if (beginsSurely(term, beginning, language)) expect(fold(word).startsWith(beginning)).toBe(true);
        }
      }),
      { numRuns: 20_000 },
    );
  });
});
