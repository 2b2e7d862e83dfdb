import { fold } from './fold.ts';

/** `[start, end)` in UTF-16 code units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A folded text that remembers where it came from. */
export interface FoldedText {
  /** The same as `fold(text)`. */
  readonly folded: string;
  /**
   * The part of the original text that a span of `folded` came from, in whole characters: their marks belong to it, and
   * a letter that folds to two is in it when either is. An empty span stays empty.
   */
  sourceSpan(span: Span): Span;
}

/** Marks, and the halfwidth sound marks of Japanese, which become marks by folding. */
const mark = String.raw`[\p{M}\uff9e\uff9f]`;
const other = String.raw`[^\p{M}\uff9e\uff9f]`;
const jamo = String.raw`(?![\uac00-\ud7a3])\p{Script=Hangul}`;
/**
 * The least pieces that fold by themselves as they do within the text: a character with its marks, or the Korean
 * letters (jamo) that join into one syllable, which may begin with a syllable written as one character.
 */
const pieces = new RegExp(`[\\uac00-\\ud7a3]?(?:${mark}*${jamo})+${mark}*|${other}${mark}*|${mark}+`, 'gu');

/** Folds `text` and remembers where each folded unit came from, so that a match can be shown in the text as written. */
export function foldWithOffsets(text: string): FoldedText {
  const starts: number[] = [];
  const ends: number[] = [];
  let folded = '';
  for (const { 0: piece, index } of text.matchAll(pieces)) {
    const foldedPiece = fold(piece);
    folded += foldedPiece;
    for (let unit = 0; unit < foldedPiece.length; unit += 1) {
      starts.push(index);
      ends.push(index + piece.length);
    }
  }
  return {
    folded,
    sourceSpan({ start, end }) {
      const sourceStart = starts[start] ?? text.length;
      return { start: sourceStart, end: end > start ? (ends[end - 1] ?? text.length) : sourceStart };
    },
  };
}
