import { expect, it } from 'vitest';
import { mapInTurns } from './map-in-turns.ts';

it('maps in order, and lets others have their turn after every ten', async () => {
  const seen: (number | string)[] = [];
  const items = Array.from({ length: 25 }, (_, index) => index);
  const mapping = mapInTurns(items, (item) => {
    if (item % 10 === 0) setImmediate(() => seen.push('other'));
    seen.push(item);
    return item * 2;
  });
  expect(await mapping).toEqual(items.map((item) => item * 2));
  expect(seen.indexOf('other')).toBe(10);
  expect(seen.filter((entry) => entry !== 'other')).toEqual(items);
});
