import { type ExactWord, readExactWords } from '../analysis/read-exact-words.ts';

/** Words that must stand side by side, as they are written but for case and accents. */
export interface Phrase {
  readonly words: readonly string[];
  /** Whether it counts in the title only. */
  readonly inTitle: boolean;
}

export function toPhrase(text: string, { inTitle }: { inTitle: boolean }): Phrase {
  return { words: [...readExactWords(text)].map((word) => word.text), inTitle };
}

/** Where a phrase stands in a text, from its first word's beginning to its last word's end. */
export function findPhrase(words: readonly ExactWord[], phrase: Phrase): { start: number; end: number }[] {
  const found: { start: number; end: number }[] = [];
  const [first] = phrase.words;
  for (const [index, word] of words.entries()) {
    if (word.text !== first || !phrase.words.every((text, offset) => words[index + offset]?.text === text)) continue;
    found.push({ start: word.start, end: words[index + phrase.words.length - 1]?.end ?? word.end });
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
