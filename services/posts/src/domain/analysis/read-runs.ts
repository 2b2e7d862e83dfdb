import { fold, foldWithOffsets } from '@tandem/text';

/** A word where it stands, `[start, end)` in UTF-16 code units of the text. */
export interface RunPart {
  /** `pair` scripts (Chinese, Japanese, Korean) come character by character. */
  readonly script: 'word' | 'pair';
  /** As written; for `pair` one folded character. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** The word with the signs that belong to it, as `C++`. */
  readonly signed: string | undefined;
}

/** Words that are joined without a blank, as `foo_bar`; most have one part and are that. */
export interface WordRun {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly parts: readonly RunPart[];
}

const word = '[\\p{L}\\p{N}][\\p{L}\\p{N}\\p{M}]*';
const signs = '(?:[+#]{1,2}(?![\\p{L}\\p{N}+#]))?';
/** What joins words without a blank, within brackets of a pattern. */
export const joins = "_'’:.\\-‐‑/&@+#·";
const runPattern = new RegExp(`${word}${signs}(?:[${joins}]${word}${signs})*`, 'gu');
const partPattern = new RegExp(`(${word})(${signs})`, 'gu');
const paired = '[\\p{scx=Han}\\p{scx=Hira}\\p{scx=Kana}\\p{scx=Hang}\\p{scx=Bopo}]\\p{M}*';
/** Scripts whose words stand without blanks between, within brackets of a pattern. */
export const unspacedScripts = '\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}\\p{sc=Myanmar}';
const unspaced = `[${unspacedScripts}]\\p{M}*`;
const scriptPattern = new RegExp(`((?:${paired})+)|((?:${unspaced})+)|(?:(?!${paired}|${unspaced})[^])+`, 'gu');
const onlyPlain = /^[a-zA-Z0-9]+$/;
/**
 * Chinese, Japanese and Korean characters that begin one, within brackets of a pattern. Each folds to one character at
 * least, by itself: what folds to itself as a whole does so character by character.
 */
export const wholeCharacters = '\\u3041-\\u3096\\u30a1-\\u30fe\\u3400-\\u4dbf\\u4e00-\\u9fff\\uac00-\\ud7a3';
const onlyWhole = new RegExp(`^[${wholeCharacters}]+$`);
const onlyLatin = /^[\0-\u024f]*$/;

/**
 * The words of a text in order, parts and signs with them; everything else separates.
 *
 * @param beginnings plain words (letters of ASCII and digits) that begin with no character of these, in small letters, are
 * left out; default none
 */
export function* readRuns(text: string, beginnings?: ReadonlySet<string>): Generator<WordRun> {
  for (const { 0: run, index: start } of text.matchAll(runPattern)) {
    if (beginnings?.has(run.charAt(0).toLowerCase()) === false && onlyPlain.test(run)) continue;
    yield { text: run, start, end: start + run.length, parts: readParts(run, start) };
  }
}

function readParts(run: string, start: number): RunPart[] {
  if (onlyPlain.test(run)) return [toWord(run, start)];
  const parts: RunPart[] = [];
  for (const match of run.matchAll(partPattern)) {
    const { 0: whole, 1: text = '', 2: sign = '', index } = match;
    const at = start + index;
    const signed = sign === '' ? undefined : whole;
    if (onlyLatin.test(text)) parts.push({ script: 'word', text, start: at, end: at + text.length, signed });
    else for (const part of readScripts({ text, sign }, at)) parts.push(part);
  }
  return parts;
}

function* readScripts({ text, sign }: { text: string; sign: string }, start: number): Generator<RunPart> {
  for (const { 0: piece, 1: pairs, 2: unspacedText, index } of text.matchAll(scriptPattern)) {
    if (pairs !== undefined) yield* readCharacters(pairs, start + index);
    else if (unspacedText !== undefined) yield* segment(unspacedText, start + index);
    else yield toWord(piece, start + index, sign !== '' && piece === text ? piece + sign : undefined);
  }
}

function toWord(text: string, start: number, signed?: string): RunPart {
  return { script: 'word', text, start, end: start + text.length, signed };
}

function* readCharacters(text: string, start: number): Generator<RunPart> {
  if (onlyWhole.test(text) && fold(text) === text) {
    for (let at = 0; at < text.length; at += 1) yield toCharacter(text.charAt(at), start + at, start + at + 1);
    return;
  }
  const { folded, sourceSpan } = foldWithOffsets(text);
  let at = 0;
  for (const character of folded) {
    const span = sourceSpan({ start: at, end: at + character.length });
    at += character.length;
    yield toCharacter(character, start + span.start, start + span.end);
  }
}

function toCharacter(text: string, start: number, end: number): RunPart {
  return { script: 'pair', text, start, end, signed: undefined };
}

/** Thai, Lao, Khmer and Burmese are written without blanks; Unicode's dictionaries part them. */
const segmenter = new Intl.Segmenter('th', { granularity: 'word' });

function* segment(text: string, start: number): Generator<RunPart> {
  for (const { segment: piece, index, isWordLike } of segmenter.segment(text)) {
    if (isWordLike && fold(piece) !== '') yield toWord(piece, start + index);
  }
}
