import { type ExactWord, readExactWords } from '../analysis/read-exact-words.ts';
import { splitRanges } from '../analysis/split-ranges.ts';

/** Words that must stand side by side, as they are written but for case and accents. */
export interface Phrase {
  readonly words: readonly string[];
  /** Whether it counts in the title only. */
  readonly inTitle: boolean;
  /** Whether the last word need only begin so. */
  readonly isOpen: boolean;
}

export function toPhrase(text: string, { inTitle, isOpen }: Omit<Phrase, 'words'>): Phrase {
  return { words: [...readExactWords(text)].map((word) => word.text), inTitle, isOpen };
}

/** Where a phrase stands in a text, from its first word's beginning to its last word's end. */
export function findPhrase(words: readonly ExactWord[], phrase: Phrase): { start: number; end: number }[] {
  const found: { start: number; end: number }[] = [];
  const last = phrase.words.length - 1;
  if (last < 0) return found;
  const isAt = (text: string, offset: number, word = '') =>
    word === text || (phrase.isOpen && offset === last && word.startsWith(text));
  for (const [index, { start, end }] of words.entries()) {
    if (!phrase.words.every((text, offset) => isAt(text, offset, words[index + offset]?.text))) continue;
    found.push({ start, end: words[index + last]?.end ?? end });
  }
  return found;
}

/** What phrases are looked for in. */
export interface PhraseText {
  readonly title: string;
  readonly tags: readonly string[];
  readonly content: string;
}

/** To be awaited before so many units of text are read; what `createPauses` of packages/rpc makes is one. */
export type Pause = (units: number) => Promise<void> | undefined;

/** Those of the phrases that stand in the title, the content or one tag. A long text is read in parts, no further than needed. */
export async function findStanding(
  { title, tags, content }: PhraseText,
  { phrases, pause }: { phrases: readonly Phrase[]; pause: Pause },
): Promise<ReadonlySet<Phrase>> {
  const found = new Set<Phrase>();
  for (const [index, text] of [title, ...tags, content].entries()) {
    const sought = phrases.filter((phrase) => !found.has(phrase) && (index === 0 || !phrase.inTitle));
    for (const phrase of await findInText(text, { phrases: sought, pause })) found.add(phrase);
  }
  return found;
}

async function findInText(
  text: string,
  { phrases, pause }: { phrases: readonly Phrase[]; pause: Pause },
): Promise<ReadonlySet<Phrase>> {
  const found = new Set<Phrase>();
  const mostBefore = Math.max(1, ...phrases.map(({ words }) => words.length)) - 1;
  let words: ExactWord[] = [];
  for (const { start, end } of splitRanges(text)) {
    if (found.size === phrases.length) return found;
    await pause(end - start);
    words = [...words.slice(Math.max(0, words.length - mostBefore)), ...readExactWords(text.slice(start, end))];
    for (const phrase of phrases) {
      if (found.has(phrase)) continue;
      await pause(words.length);
      if (findPhrase(words, phrase).length > 0) found.add(phrase);
    }
  }
  return found;
}
