import { setImmediate as nextTurn } from 'node:timers/promises';
import { analysisVersion } from '../../domain/analysis/analyse-text.ts';
import type { SearchedText } from '../../domain/search/term-vector.ts';
import { toSearchFields } from '../search-fields.ts';
import { type StatisticsCollections, statementMs } from './statistics-collections.ts';

/** A post with what is needed to say whether its search fields are those of this release, and to make them. */
export interface AnalysedPost extends SearchedText {
  readonly _id: string;
  readonly version: number;
  readonly search?: { readonly version: number } | undefined;
}

const batchSize = 20;

/** Whether an earlier release has analysed the post, or none has: it is found by what it was analysed to then. */
export function isOutdated({ search }: Pick<AnalysedPost, 'search'>): boolean {
  return (search?.version ?? 0) < analysisVersion;
}

/**
 * Makes the search fields of posts anew, a few at a time. Nothing that a caller sees of them changes, not even the etag;
 * a post that was changed meanwhile has new ones already.
 */
export async function reanalysePosts(
  { posts }: Pick<StatisticsCollections, 'posts'>,
  outdated: readonly AnalysedPost[],
): Promise<void> {
  for (let begin = 0; begin < outdated.length; begin += batchSize) {
    const updates = outdated.slice(begin, begin + batchSize).map((post) => ({
      updateOne: { filter: { _id: post._id, version: post.version }, update: { $set: toSearchFields(post) } },
    }));
    await posts.bulkWrite(updates, { ordered: false, maxTimeMS: statementMs });
    await nextTurn();
  }
}
