import { isInsideCharacter } from '@tandem/text';
import { joins, unspacedScripts, wholeCharacters } from './read-runs.ts';

/** A part of a text, in UTF-16 code units. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** How much of a text is read in one go: of the slowest scripts in some milliseconds. */
const rangeUnits = 10_000;
/** Longer words end a range where two of their parts meet. */
const maxRestUnits = 1_000;

const inWord = `[\\p{L}\\p{N}\\p{M}+#${joins}]`;
const boundedRest = new RegExp(`${inWord}{0,${maxRestUnits}}`, 'uy');
const rest = new RegExp(`${inWord}*`, 'uy');
/** Chinese, Japanese and Korean with what is seldom written. */
const characters = `${wholeCharacters}\\u{20000}-\\u{3ffff}\\uff66-\\uff9d\\u3105-\\u312f\\u1100-\\u115f`;
const unspaced = `(?!\\p{M})[${unspacedScripts}]`;
/** Not where signs stand, which belong to a word as it ends. */
const partEnd = new RegExp(
  `(?<=[\\p{L}\\p{N}\\p{M}][${joins.replace('+#', '')}])(?=[\\p{L}\\p{N}])|(?<![+#])(?=[${characters}]|${unspaced})`,
  'gu',
);
const unitsBehind = 2;

/**
 * A text in ranges that are read one by one, so that others may have their turn between. None ends in a word, but for
 * words of very many parts and scripts without blanks, where any part may be the last.
 *
 * @param overlapUnits how much of the end of each range is in the next as well, if not a word more; default none
 */
export function* splitRanges(text: string, { overlapUnits = 0 } = {}): Generator<TextRange> {
  for (let start = 0; start < text.length; ) {
    const end = findEnd(text, Math.min(text.length, start + rangeUnits));
    yield { start, end };
    start = end === text.length || overlapUnits === 0 ? end : findEnd(text, end - overlapUnits);
  }
}

/** The first place from here where a range may end. */
function findEnd(text: string, wanted: number): number {
  const at = isInsideCharacter(text, wanted) ? wanted + 1 : wanted;
  const end = matchEnd(boundedRest, text, at);
  if (end < at + maxRestUnits) return end;
  return findPartEnd(text, at, end) ?? matchEnd(rest, text, at);
}

function findPartEnd(text: string, at: number, end: number): number | undefined {
  partEnd.lastIndex = unitsBehind;
  const found = partEnd.exec(text.slice(at - unitsBehind, end));
  return found === null ? undefined : at - unitsBehind + found.index;
}

function matchEnd(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.exec(text) === null ? at : pattern.lastIndex;
}
