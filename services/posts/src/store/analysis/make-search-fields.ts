import type { SearchedText } from '../../domain/search/term-vector.ts';
import { type SearchFields, toSearchFields } from '../search-fields.ts';
import { analyseTexts, countUnits, maxInlineUnits } from './analyse-texts.ts';

/** A message's rows and the texts that are written beside them. */
const maxKeptUnits = 4 * 1024 * 1024;

/** The latest, by text: what is written is analysed once, however often a transaction runs again or is halved. */
const kept = new Map<string, Promise<SearchFields>>();
let keptUnits = 0;

/** The search fields of texts, in their order. */
export async function makeSearchFields(texts: readonly SearchedText[]): Promise<SearchFields[]> {
  const keyed = texts.map((text) => ({ key: toKey(text), text }));
  const fields = new Map(keyed.map(({ key }) => [key, kept.get(key)]));
  const missing = new Map(keyed.map(({ key, text }) => [key, text]));
  for (const [key, found] of fields) if (found !== undefined) missing.delete(key);
  for (const [key, made] of startAll(missing)) fields.set(key, made);
  return Promise.all(keyed.map(({ key }) => fields.get(key) ?? neverMade()));
}

function startAll(missing: ReadonlyMap<string, SearchedText>): Map<string, Promise<SearchFields>> {
  const texts = [...missing.values()];
  const all = analyseTexts('index', texts);
  const made = new Map(
    [...missing.keys()].map((key, index) => [key, all.then((found) => toSearchFields(found[index] ?? neverMade()))]),
  );
  // What takes no time is not worth its place.
  if (countUnits(texts) > maxInlineUnits) for (const [key, fields] of made) keep(key, fields);
  return made;
}

function keep(key: string, fields: Promise<SearchFields>): void {
  kept.set(key, fields);
  keptUnits += key.length;
  fields.catch(() => drop(key));
  for (const oldest of kept.keys()) {
    if (keptUnits <= maxKeptUnits || oldest === key) return;
    drop(oldest);
  }
}

function drop(key: string): void {
  if (kept.delete(key)) keptUnits -= key.length;
}

function toKey({ language, title, tags, content }: SearchedText): string {
  return JSON.stringify([language, title, tags]) + content;
}

function neverMade(): never {
  throw new Error('The analysis gave fewer results than texts.');
}
