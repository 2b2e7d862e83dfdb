import { createRandom } from '@tandem/rpc/testing/random';
import { expect, it } from 'vitest';
import { shuffle } from './shuffle.ts';

it('keeps every item and reaches every order', () => {
  const random = createRandom(3).fraction;
  const orders = new Set(Array.from({ length: 200 }, () => shuffle(['a', 'b', 'c'], random).join('')));
  expect([...orders].sort()).toEqual(['abc', 'acb', 'bac', 'bca', 'cab', 'cba']);
});
