import { expect, it } from 'vitest';
import { hasVisibleCharacter } from './has-visible-character.ts';

it.each([
  ['nothing', ''],
  ['spaces of all kinds', ' \t\n\u00a0\u2003\u3000\u2028'],
  ['control characters', '\0\u0007\u007f\u0085'],
  ['zero-width characters', '\u200b\u200c\u200d\u2060\ufeff'],
  ['direction marks', '\u200e\u200f\u202a\u2066\u061c'],
  ['the soft hyphen', '\u00ad'],
  ['Hangul fillers', '\u115f\u1160\u3164\uffa0'],
  ['variation selectors and tags', '\ufe0f\u{e0100}\u{e0041}'],
  ['marks with nothing to stand on', '\u0301\u20dd'],
  ['the blank Braille pattern', '\u2800'],
  ['noncharacters', '\uffff\ufdd0\u{10ffff}'],
  ['lone surrogates', '\ud800'],
])('sees nothing in %s', (_, text) => {
  expect(hasVisibleCharacter(text)).toBe(false);
});

it.each([
  ['a letter', 'a'],
  ['a letter among spaces', ' \u200b é \n'],
  ['a digit', '0'],
  ['punctuation', '.'],
  ['an emoji', '\u{1f600}'],
  ['an emoji joined from several', '\u{1f469}\u200d\u{1f4bb}'],
  ['a Chinese character beyond the BMP', '\u{20000}'],
  ['a vowel sign that takes space', '\u093e'],
  ['a character of private use', '\ue000'],
])('sees %s', (_, text) => {
  expect(hasVisibleCharacter(text)).toBe(true);
});
