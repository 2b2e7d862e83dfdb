import { fold } from './fold.ts';

/** Bounds for folded text in code point order: `from` belongs to the range, `before` does not. */
export interface PrefixRange {
  readonly from: string;
  /** Absent when nothing lies above the range: the prefix is empty, or of nothing but U+10FFFF. */
  readonly before?: string;
}

const lastCodePoint = 0x10ffff;
const lastBeforeSurrogates = 0xd7ff;
const firstAfterSurrogates = 0xe000;

/**
 * The range of folded strings that start with the folded `prefix`, for an index in code point order (`COLLATE "C"`, or
 * MongoDB without collation): `fold(text).startsWith(fold(prefix))` exactly when `fold(text)` lies in it.
 * A prefix that folds to nothing (empty, or marks alone) is the range of all strings.
 */
export function foldedPrefixRange(prefix: string): PrefixRange {
  const from = fold(prefix);
  const before = firstStringAfter(from);
  return before === undefined ? { from } : { from, before };
}

/** The least string above everything that starts with `prefix`: its last code point that can be raised, raised by one. */
function firstStringAfter(prefix: string): string | undefined {
  const codePoints = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  const raisable = codePoints.findLastIndex((codePoint) => codePoint !== lastCodePoint);
  if (raisable === -1) return undefined;
  const raised = codePoints[raisable] === lastBeforeSurrogates ? firstAfterSurrogates : (codePoints[raisable] ?? 0) + 1;
  return String.fromCodePoint(...codePoints.slice(0, raisable), raised);
}
