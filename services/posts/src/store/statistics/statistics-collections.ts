import type { Collection, MongoClient, ResumeToken } from 'mongodb';
import type { PostDocument } from '../mongo-post-document.ts';

export interface TermDocument {
  _id: string;
  posts: number;
}

export interface EntryDocument {
  _id: string;
  posts: number;
  published: number;
  rank: number;
  keys: string[];
  languages: Record<string, number>;
}

/** The sums, and how far the changes of posts are in all counts of this generation. */
export interface CountsDocument {
  _id: 'counts';
  generation: number;
  analysis_version: number;
  /** Raised by each write: who would write after another did so meanwhile is told. */
  sequence: number;
  resume_token: ResumeToken;
  /** The changes up to `until` are in the first `done` of the counts that they change, and not in the sums. */
  begun?: { until: ResumeToken; done: number };
  posts: number;
  title_length: number;
  content_length: number;
  languages: Record<string, number>;
}

export interface LeaseDocument {
  _id: 'lease';
  holder: string;
  expire_time: Date;
  /** The latest generation that was begun. */
  generation?: number;
}

/** A post that was left to be indexed in the background. */
export interface ToIndexDocument {
  _id: string;
  /** Raised each time that it is found not indexed: who has indexed it since need not have indexed what it is now. */
  notes: number;
  tries: number;
  /** When it is tried next. */
  try_time: Date;
}

export interface StatisticsCollections {
  readonly client: MongoClient;
  readonly posts: Collection<PostDocument>;
  readonly terms: Collection<TermDocument>;
  readonly entries: Collection<EntryDocument>;
  readonly toIndex: Collection<ToIndexDocument>;
  /** Both are the collection `search_statistics`. */
  readonly counts: Collection<CountsDocument>;
  readonly leases: Collection<LeaseDocument>;
}

export function openStatistics(client: MongoClient): StatisticsCollections {
  const db = client.db();
  return {
    client,
    posts: db.collection('posts'),
    terms: db.collection('search_terms'),
    entries: db.collection('search_entries'),
    toIndex: db.collection('posts_to_index'),
    counts: db.collection('search_statistics'),
    leases: db.collection('search_statistics'),
  };
}

/** No statement of the background work runs longer. */
export const statementMs = 10_000;

export async function readCounts(
  { counts }: Pick<StatisticsCollections, 'counts'>,
  maxTimeMS: number,
): Promise<CountsDocument | undefined> {
  return (await counts.findOne({ _id: 'counts' }, { maxTimeMS })) ?? undefined;
}

const generationLetters = 4;

/** What the ids and keys of a generation begin with; later generations sort after earlier ones. */
export function generationMark(generation: number): string {
  return generation.toString(36).padStart(generationLetters, '0');
}

/** An id without the mark of its generation. */
export function withoutMark(id: string): string {
  return id.slice(generationLetters);
}

export function rankOf(published: number): number {
  return Math.round(2 * Math.log2(1 + published));
}
