import { expect, it } from 'vitest';
import { joinTerms } from './join-terms.ts';

it.each([
  [12, 2, 'leek ж leek'],
  [11, 2, 'leek ж'],
  [7, 9, 'leek ж'],
  [6, 9, 'leek'],
  [3, 9, ''],
  [12, 1, 'leek'],
])(
  'joins terms in order, beyond %s bytes or %s different ones each once, as far as they go',
  (maxBytes, maxTerms, joined) => {
    expect(joinTerms(['leek', 'ж', 'leek'], { maxBytes, maxTerms })).toBe(joined);
  },
);
