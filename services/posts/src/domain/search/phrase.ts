import { type ExactWord, readExactWords } from '../analysis/read-exact-words.ts';

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

/** Whether each of the phrases stands in the title, the content or one tag. */
export function createPhraseCheck({ title, tags, content }: PhraseText): (phrase: Phrase) => boolean {
  const read = [title, content, ...tags].map((text) => lazily(() => [...readExactWords(text)]));
  return (phrase) => (phrase.inTitle ? read.slice(0, 1) : read).some((words) => findPhrase(words(), phrase).length > 0);
}

function lazily<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
