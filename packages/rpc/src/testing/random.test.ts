import { expect, it } from 'vitest';
import { createRandom } from './random.ts';

it('repeats itself with the same seed and differs with another', () => {
  const take = (seed: number) => Array.from({ length: 5 }, createRandom(seed).fraction);
  expect(take(7)).toEqual(take(7));
  expect(take(7)).not.toEqual(take(8));
});
