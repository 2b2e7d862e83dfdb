import { createZipf } from '../load/zipf.ts';

/** Those that say little stand first, as in every language. */
const functionWords =
  'the of and to in a is that for it as was with be by on not he this are or his from at which but have an they were'.split(
    ' ',
  );
const [onsets, nuclei, endings] = ['bdfghjklmnprstvwyzcq', 'aeiou', 'klmnt'];
const syllables = onsets.length * nuclei.length;

/** How many different words are drawn from. */
export const vocabularySize = 100_000;
/** The rank of the commonest word that search does not leave out. */
export const firstContentRank = functionWords.length;

/** The word of a rank, 0 the commonest; each rank has another. */
export function spellWord(rank: number): string {
  const common = functionWords[rank];
  if (common !== undefined) return common;
  const places = rank < syllables ** 2 ? 2 : 3;
  let [rest, word] = [rank, ''];
  for (let place = 0; place < places; place += 1) {
    const syllable = rest % syllables;
    word += `${onsets[Math.floor(syllable / nuclei.length)]}${nuclei[syllable % nuclei.length]}`;
    rest = Math.floor(rest / syllables);
  }
  return word + endings[rank % endings.length];
}

const shift = 2.7;

/**
 * Draws ranks of words as texts have them: by Zipf's law with Mandelbrot's shift, fitted to English by Mandelbrot ("An
 * informational theory of the statistical structure of language", 1953) with a shift of 2.7.
 */
export function createRankDraw(random: () => number): () => number {
  return createZipf({ size: vocabularySize, exponent: 1, shift, random });
}

export function createWordDraw(random: () => number): () => string {
  const drawRank = createRankDraw(random);
  const words = Array.from({ length: vocabularySize }, (_, rank) => spellWord(rank));
  return () => words[drawRank()] ?? '';
}

const weightOf = (rank: number) => 1 / (rank + 1 + shift);
const totalWeight = Array.from({ length: vocabularySize }, (_, rank) => weightOf(rank)).reduce((sum, one) => sum + one);

/** How likely a word that is drawn is that of the rank. */
export function shareOf(rank: number): number {
  return weightOf(rank) / totalWeight;
}
