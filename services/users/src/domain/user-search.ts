import type { User } from './user.ts';

/*
 * How hits are ranked. Each user is of the best of four kinds that all words of the query fit:
 *
 * 4  every word is a whole word of the name
 * 3  every word is a whole word of name or e-mail
 * 2  every word begins a word of the name
 * 1  every word begins a word of name or e-mail
 *
 * Within a kind those come first where the words stand earlier, by the mean of their places in name, then e-mail; then by
 * id. A query that more users match than can be ranked at a search is a broad one: its kinds are told apart, their places
 * are not.
 */

/** Better kinds first. */
export const matchKinds = ['whole in name', 'whole', 'start in name', 'start'] as const;
export type MatchKind = (typeof matchKinds)[number];

/** What `rank` is made of: the kind in thousands, and below them how early the words stand. */
export const rankPerKind = 1000;

export function rankOf(kind: MatchKind): number {
  return (matchKinds.length - matchKinds.indexOf(kind)) * rankPerKind;
}

/** A user that matched; a higher rank is better. */
export interface UserHit {
  readonly user: User;
  readonly rank: number;
}

/** The place of a hit in the order of its search. */
export interface SearchPosition {
  readonly broad: boolean;
  readonly rank: number;
  readonly id: string;
}
