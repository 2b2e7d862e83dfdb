import { stopwords as danish } from '@orama/stopwords/danish';
import { stopwords as dutch } from '@orama/stopwords/dutch';
import { stopwords as english } from '@orama/stopwords/english';
import { stopwords as finnish } from '@orama/stopwords/finnish';
import { stopwords as french } from '@orama/stopwords/french';
import { stopwords as german } from '@orama/stopwords/german';
import { stopwords as hungarian } from '@orama/stopwords/hungarian';
import { stopwords as italian } from '@orama/stopwords/italian';
import { stopwords as norwegian } from '@orama/stopwords/norwegian';
import { stopwords as portuguese } from '@orama/stopwords/portuguese';
import { stopwords as romanian } from '@orama/stopwords/romanian';
import { stopwords as russian } from '@orama/stopwords/russian';
import { stopwords as spanish } from '@orama/stopwords/spanish';
import { stopwords as swedish } from '@orama/stopwords/swedish';
import { stopwords as turkish } from '@orama/stopwords/turkish';
import { fold } from '@tandem/text';

/** What is known of a language: its stemmer's name (https://snowballstem.org) and the words that say little. */
export interface AnalysedLanguage {
  readonly stemmer: string;
  /** Folded. */
  readonly stopWords: ReadonlySet<string>;
}

function describe(stemmer: string, stopWords: readonly string[]): AnalysedLanguage {
  return { stemmer, stopWords: new Set(stopWords.map(fold)) };
}

const norwegianWords = describe('norwegian', norwegian);

/** The languages that are stemmed, by ISO 639-1; words of any other stand as they are written, case and accents ignored. */
export const analysedLanguages: ReadonlyMap<string, AnalysedLanguage> = new Map([
  ['da', describe('danish', danish)],
  ['nl', describe('dutch', dutch)],
  ['en', describe('english', english)],
  ['fi', describe('finnish', finnish)],
  ['fr', describe('french', french)],
  ['de', describe('german', german)],
  ['hu', describe('hungarian', hungarian)],
  ['it', describe('italian', italian)],
  ['nb', norwegianWords],
  ['nn', norwegianWords],
  ['no', norwegianWords],
  ['pt', describe('portuguese', portuguese)],
  ['ro', describe('romanian', romanian)],
  ['ru', describe('russian', russian)],
  ['es', describe('spanish', spanish)],
  ['sv', describe('swedish', swedish)],
  ['tr', describe('turkish', turkish)],
]);

/** What has no stemmer. */
const plainLanguage = 'und';
const firstCodes = new Map([...analysedLanguages].reverse().map(([code, language]) => [language, code]));

/**
 * The one that stands for all languages in which any text comes to the same terms and stop words as in this one: of those
 * without a stemmer all.
 */
export function analyserOf(language: string): string {
  const known = analysedLanguages.get(language);
  return (known && firstCodes.get(known)) ?? plainLanguage;
}
