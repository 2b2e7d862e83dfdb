import { type Edits, minLettersForTwo } from './word-segments.ts';

/** How many edits a word is looked for with: two in words of 8 letters and more. */
export function editsOf(folded: string): Edits {
  return [...folded].length >= minLettersForTwo ? 2 : 1;
}

/** The word with each two neighbours swapped, once each. */
export function listSwaps(folded: string): string[] {
  const letters = [...folded];
  const swapped = letters.slice(1).map((letter, index) => {
    const before = letters[index] ?? '';
    return [...letters.slice(0, index), letter, before, ...letters.slice(index + 2)].join('');
  });
  return [...new Set(swapped)].filter((word) => word !== folded);
}

/**
 * How many letters to insert, drop, replace or swap with their neighbour make one word the other, no letter twice:
 * optimal string alignment (https://en.wikipedia.org/wiki/Damerau–Levenshtein_distance).
 */
export function countEdits(one: string, other: string): number {
  const [left, right] = [[...one], [...other]];
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [row, letter] of left.entries()) {
    const current = [row + 1];
    for (const [column, opposite] of right.entries()) {
      const replaced = (last[column] ?? 0) + (letter === opposite ? 0 : 1);
      const isSwap = row > 0 && column > 0 && letter === right[column - 1] && left[row - 1] === opposite;
      const swapped = isSwap ? (beforeLast[column - 1] ?? 0) + 1 : replaced;
      current.push(Math.min(replaced, swapped, (last[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    [beforeLast, last] = [last, current];
  }
  return last[right.length] ?? 0;
}
