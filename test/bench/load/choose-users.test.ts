import { createRandom } from '@tandem/rpc/testing/random';
import { describe, expect, it } from 'vitest';
import { chooseEachUserOnce, chooseHotUsers, chooseUsersByZipf, createSpread } from './choose-users.ts';

describe('chooseUsersByZipf', () => {
  it('keeps to the users there are, and has favourites', () => {
    const chosen = chooseUsersByZipf({ users: 1000, random: createRandom(1).fraction }, 20_000);
    const counts = new Map<number, number>();
    for (const number of chosen) counts.set(number, (counts.get(number) ?? 0) + 1);
    expect(Math.min(...chosen)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...chosen)).toBeLessThanOrEqual(1000);
    expect(Math.max(...counts.values())).toBeGreaterThan(2000);
  });
});

describe('chooseHotUsers', () => {
  it('names each of the favourites first, and then no others', () => {
    const chosen = chooseHotUsers({ users: 10_000, random: createRandom(1).fraction }, 20_000);
    const first = new Set(chosen.slice(0, 500));
    expect(first.size).toBe(500);
    expect(new Set(chosen)).toEqual(first);
  });
});

describe('createSpread', () => {
  it('gives each rank another user, whatever their number', () => {
    for (const users of [1, 2, 10, 618, 1000]) {
      const spread = createSpread(users);
      const numbers = Array.from({ length: users }, (_, rank) => spread(rank)).toSorted((a, b) => a - b);
      expect(numbers).toEqual(Array.from({ length: users }, (_, index) => index + 1));
    }
  });
});

describe('chooseEachUserOnce', () => {
  it('names every user once, in another order with another seed', () => {
    const first = chooseEachUserOnce({ users: 50, random: createRandom(1).fraction });
    const second = chooseEachUserOnce({ users: 50, random: createRandom(2).fraction });
    expect(first).not.toEqual(second);
    expect(first.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
  });
});
