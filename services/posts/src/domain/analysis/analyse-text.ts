import { fold } from '@tandem/text';
import { analyseWord, isStopWord } from './analyse-word.ts';
import { toIndexTerm } from './index-term.ts';
import { type RunPart, readRuns, type WordRun } from './read-runs.ts';

/** Raised by every change after which a text has other terms; posts of an earlier one are analysed again. */
export const analysisVersion = 1;

/** A term of a text and where it stands. */
export interface Token {
  readonly term: string;
  /** `[start, end)` in UTF-16 code units of the text. */
  readonly start: number;
  readonly end: number;
  /** Counts the words; terms of one word share it, and a joined word has that of its first part. */
  readonly position: number;
  /**
   * `word`: a stem. `variant`: the second stem of a word with accents. `signed`: a word with its signs (`C++`), beside the
   * word. `joined`: a joined word as written (`foo_bar`), beside its parts. `single`, `pair`: of Chinese, Japanese and
   * Korean.
   */
  readonly kind: 'word' | 'variant' | 'signed' | 'joined' | 'single' | 'pair';
  /** Whether the word says little in this language. */
  readonly isStop: boolean;
}

const joins = /[^\p{L}\p{N}\p{M}]/u;
/** Longer joined words are found by their parts only. */
const maxJoinedUnits = 64;

/** The terms of a text in a language (ISO 639-1), in order; the one analyser of posts and queries. */
export function analyseText(text: string, language: string): Token[] {
  return analyseRuns(readRuns(text), language);
}

/**
 * Those of the terms of a text that begin with one of these characters, and some others: a plain word begins as its terms
 * do in every language, so that most words of a text need no analysis. Positions count only what was analysed.
 */
export function findTokens(text: string, language: string, beginnings: ReadonlySet<string>): Token[] {
  return analyseRuns(readRuns(text, beginnings), language);
}

function analyseRuns(runs: Iterable<WordRun>, language: string): Token[] {
  const tokens: Token[] = [];
  let position = 0;
  for (const run of runs) position = analyseRun(run, { language, tokens, position });
  return tokens;
}

interface Analysis {
  readonly language: string;
  readonly tokens: Token[];
  readonly position: number;
}

/** The position after the run. */
function analyseRun(run: WordRun, { language, tokens, position: begin }: Analysis): number {
  const parts = withoutPossessive(run, language);
  const isSimple = parts.length === 1 && run.parts.length === 1;
  const isStop = !isSimple && run.text.length <= maxJoinedUnits && isStopWord(fold(run.text), language);
  if (parts.length > 1 && run.text.length <= maxJoinedUnits && joins.test(run.text)) {
    const { text, start, end } = run;
    tokens.push({ term: toIndexTerm(fold(text)), start, end, position: begin, kind: 'joined', isStop });
  }
  let position = begin;
  for (const [index, part] of parts.entries()) {
    analysePart(part, { next: parts[index + 1], language, tokens, position, isStop });
    position += 1;
  }
  return position;
}

/** `author's` is a form of `author`. */
function withoutPossessive({ text, parts }: WordRun, language: string): readonly RunPart[] {
  return language === 'en' && parts.length === 2 && /['’][sS]$/u.test(text) ? parts.slice(0, 1) : parts;
}

interface PartAnalysis extends Analysis {
  readonly next: RunPart | undefined;
  /** Whether the whole run says little. */
  readonly isStop: boolean;
}

function analysePart(part: RunPart, { next, language, tokens, position, isStop }: PartAnalysis): void {
  const { start, end, signed } = part;
  if (part.script === 'pair') {
    tokens.push({ term: toIndexTerm(part.text), start, end, position, kind: 'single', isStop: false });
    if (next?.script === 'pair' && next.start === end) {
      const term = toIndexTerm(part.text + next.text);
      tokens.push({ term, start, end: next.end, position, kind: 'pair', isStop: false });
    }
    return;
  }
  const word = analyseWord(part.text, language);
  for (const [index, term] of word.terms.entries()) {
    const kind = index === 0 ? 'word' : 'variant';
    tokens.push({ term, start, end, position, kind, isStop: isStop || word.isStop });
  }
  if (signed !== undefined) {
    const term = toIndexTerm(fold(signed));
    tokens.push({ term, start, end: start + signed.length, position, kind: 'signed', isStop: false });
  }
}

/** How many words a text has, for its length: each once, however many terms it has; stop words do not count. */
export function countWords(tokens: readonly Token[]): number {
  let [count, last] = [0, -1];
  for (const { position, isStop, kind } of tokens) {
    if (position === last || isStop || kind === 'joined') continue;
    count += 1;
    last = position;
  }
  return count;
}
