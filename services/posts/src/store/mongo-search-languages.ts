import { isDeepStrictEqual as isSame } from 'node:util';
import { BSON } from 'mongodb';
import { analyserOf } from '../domain/analysis/languages.ts';
import type { ReadJointly } from './joint-reads.ts';
import type { StoreCall } from './store.ts';

/** One look into an index for each of the languages that posts have. */
export const languageStages = [{ $sort: { language: 1 } }, { $group: { _id: '$language' } }] as const;
/** So many codes of two letters there are. */
const maxLanguages = 200;

/** What is done in the languages that posts have, one for each analyser. It may be done in others before, for nothing. */
export type LanguageWork<T> = (languages: readonly string[]) => Promise<T>;

/**
 * Runs work in the languages that posts have, which is asked each time, so that a new one is there at once. While that is
 * asked, the work begins in those of the last time, and has another beginning where they are others now.
 */
export function createLanguageRunner(readJointly: ReadJointly) {
  let likely: readonly string[] | undefined;
  const read = { collection: 'posts', pipeline: languageStages, limit: maxLanguages };
  return async <T>(call: StoreCall, work: LanguageWork<T>): Promise<T> => {
    const asking = readJointly(read, call).then(readLanguages);
    const guess = likely;
    const begun = guess && work(guess);
    begun?.catch(() => undefined);
    const languages = await asking;
    likely = languages;
    return begun !== undefined && isSame(languages, guess) ? begun : work(languages);
  };
}

/** One for each analyser, in the same order each time. */
function readLanguages(documents: readonly Uint8Array[]): string[] {
  return [...new Set(documents.map((document) => analyserOf(BSON.deserialize(document)._id)))].sort();
}
