import { hasVisibleCharacter } from '@tandem/text';

const defaultLanguage = 'en';
const maxTags = 32;

/** What is wrong with a field of a post beyond the rules of the schema. */
export interface PostViolation {
  /** The path in proto names, as `tags[2]`. */
  readonly field: string;
  readonly description: string;
}

/** All that is wrong with title and tags; empty when nothing is. */
export function checkPostText({ title, tags }: { title: string; tags: readonly string[] }): PostViolation[] {
  const named = [{ field: 'title', text: title }, ...tags.map((text, index) => ({ field: `tags[${index}]`, text }))];
  const invisible = named.filter(({ text }) => !hasVisibleCharacter(text));
  return [
    ...invisible.map(({ field }) => ({ field, description: 'needs at least one visible character' })),
    ...(hasTooManyTags(tags) ? [{ field: 'tags', description: tooManyTags }] : []),
  ];
}

/** In the words of the contract. */
export const tooManyTags = `must be at most ${maxTags} different ones, and no more than 1000 with repetitions`;

/** Twice the same counts once. */
export function hasTooManyTags(tags: readonly string[]): boolean {
  return tags.length > maxTags && new Set(tags).size > maxTags;
}

/** Tags in their order, each once. */
export function uniqueTags(tags: readonly string[]): string[] {
  return [...new Set(tags)];
}

/** The language that an empty one stands for: `en`. */
export function resolveLanguage(language: string): string {
  return language === '' ? defaultLanguage : language;
}
