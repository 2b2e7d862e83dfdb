import { fold } from '@tandem/text';
import { readRuns } from './read-runs.ts';

/** A word as it is compared in phrases: not stemmed, case and accents ignored. */
export interface ExactWord {
  readonly text: string;
  /** `[start, end)` in UTF-16 code units of the text. */
  readonly start: number;
  readonly end: number;
}

/** The words of a text in order; joined words in their parts, signs with them, Chinese by characters. */
export function* readExactWords(text: string): Generator<ExactWord> {
  for (const { parts } of readRuns(text)) {
    for (const { script, text: word, start, end, signed } of parts) {
      const folded = script === 'pair' ? word : fold(signed ?? word);
      if (folded === '') continue;
      yield { text: folded, start, end: signed === undefined ? end : start + signed.length };
    }
  }
}
