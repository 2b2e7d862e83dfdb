import { fold } from '@tandem/text';
import stemmers from 'snowball-stemmers';
import { toIndexTerm } from './index-term.ts';
import { type AnalysedLanguage, analysedLanguages, analyserOf } from './languages.ts';

/** What a word is found by in texts of a language. */
export interface AnalysedWord {
  /**
   * One term, or two where the word has accents: of the stem of the word as written, and of the folded word's. Who
   * leaves the accents out finds it by the second. None where nothing of the word remains.
   */
  readonly terms: readonly string[];
  /** Whether it says little in this language, as `the` in English. */
  readonly isStop: boolean;
}

/** Stems are kept: one takes 12 µs, and texts repeat their words. So many in all languages take some 16 MB a thread. */
const maxKept = 100_000;
/** No word of a language is as long; what stands as it is costs nothing. */
const maxStemmedUnits = 48;

interface LanguageState {
  readonly kept: Map<string, AnalysedWord>;
  readonly stopWords: ReadonlySet<string>;
  readonly stem: (word: string) => string;
}

/** Languages of one analyser share a state. */
const states = new Map<string, LanguageState>();
let keptCount = 0;

/** Analyses one word without joins, as it is written in a text or a query of this language (ISO 639-1). */
export function analyseWord(word: string, language: string): AnalysedWord {
  const state = stateOf(language);
  const found = state.kept.get(word);
  if (found !== undefined) return found;
  const analysed = analyse(word, state);
  if (word.length > maxStemmedUnits) return analysed;
  if (keptCount >= maxKept) dropKept();
  state.kept.set(word, analysed);
  keptCount += 1;
  return analysed;
}

function dropKept(): void {
  for (const { kept } of states.values()) kept.clear();
  keptCount = 0;
}

/** Whether a folded word, joins and all, says little: `don't`. */
export function isStopWord(folded: string, language: string): boolean {
  return stateOf(language).stopWords.has(folded);
}

function analyse(word: string, { stopWords, stem }: LanguageState): AnalysedWord {
  const folded = fold(word);
  if (folded === '') return { terms: [], isStop: false };
  const isStop = stopWords.has(folded);
  if (word.length > maxStemmedUnits) return { terms: [toIndexTerm(folded)], isStop };
  const plain = toIndexTerm(stemOr(folded, stem));
  const written = word.normalize('NFKC').toLowerCase();
  const accented = written === folded ? plain : toIndexTerm(fold(stemOr(written, stem)));
  return { terms: accented === plain || accented === '' ? [plain] : [accented, plain], isStop };
}

/** A stem is never empty. */
function stemOr(word: string, stem: (word: string) => string): string {
  return stem(word) || word;
}

function stateOf(language: string): LanguageState {
  const found = states.get(language);
  if (found !== undefined) return found;
  const analyser = analyserOf(language);
  const state = analyser === language ? createState(analysedLanguages.get(language)) : stateOf(analyser);
  states.set(language, state);
  return state;
}

function createState(known: AnalysedLanguage | undefined): LanguageState {
  const stemmer = known && stemmers.newStemmer(known.stemmer);
  return {
    kept: new Map(),
    stopWords: known?.stopWords ?? new Set(),
    stem: stemmer === undefined ? (word) => word : (word) => stemmer.stem(word),
  };
}
