import type { MongoClient } from 'mongodb';
import { addPost, emptyChanges } from '../../../domain/vocabulary/count-changes.ts';
import { countPost } from '../../../domain/vocabulary/count-post.ts';
import { generationMark, openStatistics, readCounts, withoutMark } from '../statistics-collections.ts';

/** All statistics in a form that can be compared. */
export interface PlainStatistics {
  readonly posts: number;
  readonly titleLength: number;
  readonly contentLength: number;
  readonly languages: Record<string, number>;
  readonly terms: Record<string, number>;
  readonly entries: Record<string, { posts: number; published: number; languages: Record<string, number> }>;
}

/** The statistics as they are kept; undefined while there are none. */
export async function readStatistics(client: MongoClient): Promise<PlainStatistics | undefined> {
  const collections = openStatistics(client);
  const counts = await readCounts(collections, 10_000);
  if (counts === undefined) return undefined;
  const mark = generationMark(counts.generation);
  const range = { _id: { $gte: mark, $lt: `${mark}\u{10ffff}` } };
  const [terms, entries] = [
    await collections.terms.find(range).toArray(),
    await collections.entries.find(range).toArray(),
  ];
  return {
    posts: counts.posts,
    titleLength: counts.title_length,
    contentLength: counts.content_length,
    languages: Object.fromEntries(Object.entries(counts.languages).filter(([, count]) => count !== 0)),
    terms: Object.fromEntries(terms.map(({ _id, posts }) => [withoutMark(_id), posts])),
    entries: Object.fromEntries(
      entries.map(({ _id, posts, published, languages }) => [withoutMark(_id), { posts, published, languages }]),
    ),
  };
}

/** What the statistics of the posts that there are should be. */
export async function countAgain(client: MongoClient): Promise<PlainStatistics> {
  const sums = emptyChanges();
  for await (const post of openStatistics(client).posts.find()) addPost(sums, countPost(post), 1);
  return {
    posts: sums.posts,
    titleLength: sums.titleLength,
    contentLength: sums.contentLength,
    languages: Object.fromEntries(sums.languages),
    terms: Object.fromEntries(sums.terms),
    entries: Object.fromEntries(
      [...sums.entries].map(([id, { posts, published, languages }]) => [
        id,
        { posts, published, languages: Object.fromEntries(languages) },
      ]),
    ),
  };
}
