import { hasVisibleCharacter } from '@tandem/text';

const defaultLanguage = 'en';

/** What is wrong with a field of a post beyond the rules of the schema. */
export interface PostViolation {
  /** The path in proto names, as `tags[2]`. */
  readonly field: string;
  readonly description: string;
}

/** All that is wrong with title and tags; empty when nothing is. */
export function checkPostText({ title, tags }: { title: string; tags: readonly string[] }): PostViolation[] {
  const named = [{ field: 'title', text: title }, ...tags.map((text, index) => ({ field: `tags[${index}]`, text }))];
  return named
    .filter(({ text }) => !hasVisibleCharacter(text))
    .map(({ field }) => ({ field, description: 'needs at least one visible character' }));
}

/** Tags in their order, each once. */
export function uniqueTags(tags: readonly string[]): string[] {
  return [...new Set(tags)];
}

/** The language that an empty one stands for: `en`. */
export function resolveLanguage(language: string): string {
  return language === '' ? defaultLanguage : language;
}
