import { fold, foldedPrefixRange } from '@tandem/text';
import { segmentKeys } from './word-segments.ts';

/** A word or a tag of the vocabulary. */
export interface VocabularyEntry {
  readonly kind: 'word' | 'tag';
  /** A word in lower case with its accents, a tag as it stands. */
  readonly text: string;
  readonly folded: string;
}

/** Longer words are in no vocabulary: nobody types them, and nobody means them. */
const maxWordUnits = 64;
/** Entries are found by beginnings of so many characters through an index, by longer ones as a range. */
export const maxIndexedStart = 4;

const marks = { word: 'w', tag: 't' } as const;
/** Between the folded text and the text, where they differ: no word and no tag has it. */
const separator = '\0';

const onlyAscii = /^[\0-\x7f]*$/;

/** The id of a word as it stands in a text; undefined where it is none of the vocabulary. */
export function toWordId(written: string): string | undefined {
  const text = onlyAscii.test(written) ? written.toLowerCase() : written.normalize('NFKC').toLowerCase().toWellFormed();
  return text.length > maxWordUnits ? undefined : toId('word', text);
}

export function toTagId(tag: string): string | undefined {
  return toId('tag', tag);
}

function toId(kind: VocabularyEntry['kind'], text: string): string | undefined {
  const folded = fold(text);
  if (folded === '') return undefined;
  return folded === text ? `${marks[kind]}${folded}` : `${marks[kind]}${folded}${separator}${text}`;
}

export function readEntry(id: string): VocabularyEntry {
  const [folded = '', text = folded] = id.slice(1).split(separator);
  return { kind: id.startsWith(marks.word) ? 'word' : 'tag', text, folded };
}

/** What an entry is found by: its beginnings, and of words the segments that a mistyped one shares with them. */
export function listKeys(id: string): string[] {
  const { kind, text, folded } = readEntry(id);
  const characters = [...folded].slice(0, maxIndexedStart);
  const starts = characters.map((_, index) => startKey(kind, characters.slice(0, index + 1).join('')));
  if (kind === 'tag') return starts;
  return [...starts, ...segmentKeys(folded), ...(folded === text ? [] : [foldedKey(folded)])];
}

/** The key of a word with accents; others are found by their id. */
export function foldedKey(folded: string): string {
  return `0${folded}`;
}

/** The key of the entries with a folded beginning of at most `maxIndexedStart` characters. */
export function startKey(kind: VocabularyEntry['kind'], foldedStart: string): string {
  return `${marks[kind]}${foldedStart}`;
}

/** The ids of the entries with a beginning, case and accents ignored: `from` belongs to them, `before` does not. */
export function toIdRange(kind: VocabularyEntry['kind'], start: string): { from: string; before: string } {
  const { from, before } = foldedPrefixRange(start);
  const mark = marks[kind];
  return {
    from: `${mark}${from}`,
    before: before === undefined ? String.fromCharCode(mark.charCodeAt(0) + 1) : `${mark}${before}`,
  };
}
