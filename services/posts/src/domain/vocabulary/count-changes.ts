import { type CountedPost, countPost, type PostCounts } from './count-post.ts';

/** What is to be added to the counts of a vocabulary entry. */
export interface EntryChange {
  posts: number;
  published: number;
  readonly languages: Map<string, number>;
}

/** What is to be added to the statistics. */
export interface CountChanges {
  posts: number;
  titleLength: number;
  contentLength: number;
  readonly languages: Map<string, number>;
  readonly terms: Map<string, number>;
  readonly entries: Map<string, EntryChange>;
}

export function emptyChanges(): CountChanges {
  return { posts: 0, titleLength: 0, contentLength: 0, languages: new Map(), terms: new Map(), entries: new Map() };
}

/** Adds a post, or with `sign` -1 takes it away. */
export function addPost(changes: CountChanges, counts: PostCounts, sign: 1 | -1): void {
  changes.posts += sign;
  changes.titleLength += sign * counts.titleLength;
  changes.contentLength += sign * counts.contentLength;
  addTo(changes.languages, counts.language, sign);
  for (const term of counts.terms) addTo(changes.terms, term, sign);
  for (const id of [...counts.words, ...counts.tags]) {
    const change = entryOf(changes, id);
    change.posts += sign;
    change.published += counts.published ? sign : 0;
    addTo(change.languages, counts.language, sign);
  }
}

/** A post that came, or with `sign` -1 went. */
export interface SignedPost extends CountedPost {
  readonly sign: 1 | -1;
}

/** What all of them change together. */
export function countPosts(posts: readonly SignedPost[]): CountChanges {
  const changes = emptyChanges();
  for (const { sign, ...post } of posts) addPost(changes, countPost(post), sign);
  return changes;
}

/** Adds `more`, as if its posts had been added one by one. */
export function addChanges(changes: CountChanges, more: CountChanges): void {
  changes.posts += more.posts;
  changes.titleLength += more.titleLength;
  changes.contentLength += more.contentLength;
  for (const [language, count] of more.languages) addTo(changes.languages, language, count);
  for (const [term, count] of more.terms) addTo(changes.terms, term, count);
  for (const [id, { posts, published, languages }] of more.entries) {
    const change = entryOf(changes, id);
    change.posts += posts;
    change.published += published;
    for (const [language, count] of languages) addTo(change.languages, language, count);
  }
}

/** How many counts change. */
export function sizeOf({ terms, entries }: CountChanges): number {
  return terms.size + entries.size;
}

function entryOf({ entries }: CountChanges, id: string): EntryChange {
  const found = entries.get(id);
  if (found !== undefined) return found;
  const made = { posts: 0, published: 0, languages: new Map() };
  entries.set(id, made);
  return made;
}

function addTo(counts: Map<string, number>, key: string, count: number): void {
  const sum = (counts.get(key) ?? 0) + count;
  if (sum === 0) counts.delete(key);
  else counts.set(key, sum);
}
