import { describe, expect, it } from 'vitest';
import { analyseText } from './analyse-text.ts';
import { analyseWord } from './analyse-word.ts';
import { analysedLanguages, analyserOf } from './languages.ts';

describe('what is kept of analysed words', () => {
  it('is shared by languages of one analyser', () => {
    expect(analyseWord('Kept', 'ja')).toBe(analyseWord('Kept', 'ko'));
    expect(analyseWord('Kept', 'nn')).toBe(analyseWord('Kept', 'no'));
    expect(analyseWord('Kept', 'en')).not.toBe(analyseWord('Kept', 'ja'));
  });

  it('is bounded in all languages together', () => {
    const first = analyseWord('first', 'en');
    expect(analyseWord('first', 'en')).toBe(first);
    for (let index = 0; index < 100_000; index += 1) analyseWord(`${index}`, 'ja');
    expect(analyseWord('first', 'en')).not.toBe(first);
    expect(analyseWord('first', 'en')).toEqual(first);
  });
});

it('one language stands for all in which texts come to the same terms', () => {
  const text = "The author's café, don't and ikke; der Läufer running løpere 東京タワー";
  const languages = [...analysedLanguages.keys(), 'ja', 'ko', 'pl', 'xx'];
  for (const language of languages) {
    expect(analyseText(text, analyserOf(language))).toEqual(analyseText(text, language));
  }
  expect(new Set(languages.map(analyserOf)).size).toBe(16);
});
