import type { RequestSource } from '../workload.ts';
import { shuffle } from './shuffle.ts';
import { createZipf } from './zipf.ts';

type UserSource = Pick<RequestSource, 'users' | 'random'>;

/** Numbers of users, some asked for much more often than others (Zipf). */
export function chooseUsersByZipf({ users, random }: UserSource, count: number): number[] {
  const drawRank = createZipf({ size: users, random });
  const spread = createSpread(users);
  return Array.from({ length: count }, () => spread(drawRank()));
}

const favourites = 500;

/** Numbers of so few users that a cache has them all: each of them once, then some much more often than others (Zipf). */
export function chooseHotUsers({ users, random }: UserSource, count: number): number[] {
  const size = Math.min(users, favourites);
  const drawRank = createZipf({ size, random });
  const spread = createSpread(users);
  return Array.from({ length: count }, (_, index) => spread(index < size ? index : drawRank()));
}

/** Every user's number once, in a random order. */
export function chooseEachUserOnce({ users, random }: UserSource): number[] {
  return shuffle(
    Array.from({ length: users }, (_, index) => index + 1),
    random,
  );
}

/**
 * Gives each rank, 0 to `users` - 1, a user of its own, neighbouring ranks far apart, so that the favourites do not share
 * a database page: a stride without a common divisor, near the golden section.
 */
export function createSpread(users: number): (rank: number) => number {
  let stride = Math.max(1, Math.round(users * 0.618));
  while (computeCommonDivisor(stride, users) !== 1) stride += 1;
  return (rank) => 1 + ((rank * stride) % users);
}

function computeCommonDivisor(left: number, right: number): number {
  return right === 0 ? left : computeCommonDivisor(right, left % right);
}
