import { isDeepStrictEqual as isSame } from 'node:util';
import type { Collection } from 'mongodb';
import { boundsOf } from './mongo-bounds.ts';
import { translating } from './mongo-errors.ts';
import type { PostDocument } from './mongo-post-document.ts';
import type { StoreCall } from './store.ts';

/** What is done in the languages that posts have. It may be done in others before, for nothing. */
export type LanguageWork<T> = (languages: readonly string[]) => Promise<T>;

/**
 * Runs work in the languages that posts have: one look into an index each, so that a new one is there at once. While that
 * is asked, the work begins in those of the last time, and has another beginning where they are others now.
 */
export function createLanguageRunner(posts: Collection<PostDocument>) {
  let likely: readonly string[] | undefined;
  return async <T>(call: StoreCall, work: LanguageWork<T>): Promise<T> => {
    const asking = translating(() => posts.distinct('language', {}, boundsOf(call)));
    const guess = likely;
    const begun = guess && work(guess);
    begun?.catch(() => undefined);
    const languages = await asking;
    likely = languages;
    return begun !== undefined && isSame(languages, guess) ? begun : work(languages);
  };
}
