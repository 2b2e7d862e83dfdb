/*
 * A word with at most `edits` letters inserted, dropped or replaced keeps one of any `edits` + 1 segments of it, near its
 * place: Li, Deng, Wang, Feng, "Pass-Join: A Partition-based Method for Similarity Joins" (VLDB 2012), from where the
 * cut into even segments and the places to look at are taken.
 */
export type Edits = 1 | 2;

interface Cut {
  readonly length: number;
  readonly edits: Edits;
}

interface Segment {
  readonly begin: number;
  readonly length: number;
}

/** Words of fewer letters are never looked for with two edits. */
export const minLettersForTwo = 8;

/** The keys under which a word of the vocabulary is kept, for those who look for it with one edit, or two. */
export function segmentKeys(folded: string): string[] {
  const letters = [...folded];
  const edits: Edits[] = letters.length >= minLettersForTwo - 2 ? [1, 2] : [1];
  return edits.flatMap((edit) => {
    const cut = { length: letters.length, edits: edit };
    return cutEvenly(cut).map(({ begin, length }, index) =>
      toKey(cut, index, letters.slice(begin, begin + length).join('')),
    );
  });
}

/** The keys of which each word within so many edits of this one has at least one. */
export function nearKeys(folded: string, edits: Edits): string[] {
  const letters = [...folded];
  const keys = new Set<string>();
  for (let length = letters.length - edits; length <= letters.length + edits; length += 1) {
    const cut = { length, edits };
    for (const [index, segment] of cutEvenly(cut).entries()) {
      for (const begin of listPlaces(segment, { index, cut, letters: letters.length })) {
        keys.add(toKey(cut, index, letters.slice(begin, begin + segment.length).join('')));
      }
    }
  }
  return [...keys];
}

/** None of a word too short for its segments to have letters. */
function cutEvenly({ length, edits }: Cut): Segment[] {
  const count = edits + 1;
  if (length < count) return [];
  const short = Math.floor(length / count);
  const shorts = count - (length % count);
  return Array.from({ length: count }, (_, index) => ({
    begin: index * short + Math.max(0, index - shorts),
    length: index < shorts ? short : short + 1,
  }));
}

/** Where the segment may stand: as many edits before it as segments before it, as many after it as are left. */
function listPlaces(
  { begin, length }: Segment,
  { index, cut, letters }: { index: number; cut: Cut; letters: number },
): number[] {
  const shift = letters - cut.length;
  const left = cut.edits - index;
  const first = Math.max(0, begin - index, begin + shift - left);
  const last = Math.min(letters - length, begin + index, begin + shift + left);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, place) => first + place);
}

/** A digit first: no beginning of a word is mistaken for it. */
function toKey({ length, edits }: Cut, index: number, segment: string): string {
  return `${edits}${index}.${length}.${segment}`;
}
