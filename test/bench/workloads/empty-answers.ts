/** What is asked for, and how often it was written: by chance, so that e to the minus so many is how likely it is nowhere. */
export interface Sought {
  readonly text: string;
  readonly expected: number;
}

/** Less likely than one in ten billion. */
const mostMissing = 23;

/**
 * What is wrong with answers that find nothing, of words that are drawn as those of the posts were: one may have been
 * written nowhere, but not one after another.
 */
export function createEmptyCheck(): (sought: Sought, found: number) => string | undefined {
  const missing = new Map<string, number>();
  return ({ text, expected }, found) => {
    if (found > 0) missing.clear();
    else missing.set(text, expected);
    const sum = [...missing.values()].reduce((all, one) => all + one, 0);
    if (sum < mostMissing) return undefined;
    return `nothing found of ${[...missing.keys()].join(', ')}, where ${sum.toFixed(0)} were to be found`;
  };
}
