import { fold } from '@tandem/text';
import { toIndexTerm } from '../analysis/index-term.ts';
import { analysedLanguages } from '../analysis/languages.ts';
import { readExactWords } from '../analysis/read-exact-words.ts';
import { readRuns } from '../analysis/read-runs.ts';

/** What `word*` asks for. */
export interface WordBeginning {
  /** The words before the one that is begun, which are words like others. */
  readonly head: string;
  /** Folded; of Chinese, Japanese and Korean as written. */
  readonly text: string;
  /** Whether it is of Chinese, Japanese or Korean: where no blank ends a word, what goes on with anything stands anywhere. */
  readonly isRun: boolean;
}

export function readBeginning(text: string): WordBeginning {
  const parts = [...readRuns(text)].flatMap((run) => run.parts);
  const lastOther = parts.findLastIndex(({ script }) => script !== 'pair');
  const run = parts[lastOther + 1];
  if (run !== undefined) return { head: text.slice(0, run.start), text: text.slice(run.start), isRun: true };
  const last = [...readExactWords(text)].at(-1);
  return last === undefined
    ? { head: '', text: fold(text), isRun: false }
    : { head: text.slice(0, last.start), text: last.text, isRun: false };
}

/** English stems end otherwise than the word's own letters (`happi`, `hope` of hoping, `sensibl` of sensibility) only so. */
const rewrittenInEnglish = /[eily]$/;
/** In Finnish double letters before the last vowels become one. */
const mostRewrittenInFinnish = 3;
const shortTermUnits = 3;

/** Whether each word of the language that has this term begins so: stems differ from their words in their last letters only. */
export function beginsSurely(term: string, beginning: string, language: string): boolean {
  const start = toIndexTerm(beginning);
  return term.startsWith(start) && start.length <= term.length - countRewritten(term, language);
}

/** How many of a term's last letters the word may not have. Of short ones, as `die` of dying, one more. */
function countRewritten(term: string, language: string): number {
  if (!analysedLanguages.has(language)) return 0;
  if (language === 'fi') return mostRewrittenInFinnish;
  if (language === 'en' && !rewrittenInEnglish.test(term)) return 0;
  return term.length <= shortTermUnits ? 2 : 1;
}
