import { expect, it } from 'vitest';
import { joinTerms } from './join-terms.ts';

it.each([
  [12, 'leek ж leek'],
  [11, 'leek ж'],
  [7, 'leek ж'],
  [6, 'leek'],
  [3, ''],
])('joins terms in order, and where they have more than %s bytes each once, as far as they go', (maxBytes, joined) => {
  expect(joinTerms(['leek', 'ж', 'leek'], maxBytes)).toBe(joined);
});
