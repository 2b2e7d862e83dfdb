import type { Collection, Filter } from 'mongodb';
import type { PostFilter } from '../domain/post.ts';
import { boundsOf } from './mongo-bounds.ts';
import { translating } from './mongo-errors.ts';
import type { PostDocument } from './mongo-post-document.ts';
import { toMatch } from './mongo-post-filter.ts';
import { type CandidateDocument, type CandidateProjection, readCandidate } from './mongo-search-candidate.ts';
import type { Candidate, Judge } from './mongo-search-judge.ts';
import { chooseLeads, countPosts, type LeadSearch } from './mongo-search-leads.ts';
import type { ReadTerm } from './mongo-search-walk.ts';
import type { SearchBounds } from './search-bounds.ts';
import type { StoreCall } from './store.ts';

/** About so many posts are looked at, by the words together and by each. */
const anyBudget = { posts: 1_200, least: 100, most: 300 } as const;
/** Where all hits have a certain word, that word leads, and further. */
const requiredBudget = { posts: 2_400, least: 100, most: 2_000 } as const;
/** Where all hits have to be known: for an order by time. */
const wholeBudget = { posts: Number.POSITIVE_INFINITY, least: 5_000, most: 5_000 } as const;

export interface Candidates {
  readonly found: readonly Candidate[];
  /** Whether these are all that match. */
  readonly complete: boolean;
}

export interface CandidateSources {
  readonly posts: Collection<PostDocument>;
  readonly readTerm: ReadTerm;
  readonly judge: () => Promise<Judge>;
  /** What the judge looks at. */
  readonly projection: CandidateProjection;
  readonly bounds: Pick<SearchBounds, 'maxFiltered'>;
  readonly call: StoreCall;
}

export interface CandidateSearch extends LeadSearch {
  readonly filter: PostFilter;
  /** Whether the filter must lead, as the query has no words. */
  readonly matchesAll: boolean;
  /** Whether all matches are needed, where there are not too many. */
  readonly whole: boolean;
}

/** Posts that match, found in bounded time: by words, or by the filter where that leaves fewer posts. */
export async function findCandidates(search: CandidateSearch, sources: CandidateSources): Promise<Candidates> {
  const match = toMatch(search.filter);
  const { terms, isCut } = await chooseLeads(search);
  if (match === undefined || (terms.length === 0 && !search.matchesAll)) return { found: [], complete: true };
  const limit = limitOf(search, terms.length);
  const filtered = await chooseFilter(search, { terms, limit, sources });
  if (filtered !== undefined) return readFiltered(match, { hint: filtered, newest: search.matchesAll, sources });
  const { readTerm, projection, call } = sources;
  const walks = await Promise.all(terms.map((term) => readTerm({ term, match, projection, limit }, call)));
  return {
    found: judgeAll(walks, await sources.judge()),
    complete: !isCut && walks.every(({ length }) => length < limit),
  };
}

/** Whether all posts that have the leading words may be read, by the figures. */
export async function isRare(search: LeadSearch): Promise<boolean> {
  const [{ terms, isCut }, figures] = await Promise.all([chooseLeads(search), search.figures()]);
  return !isCut && countPosts(terms, figures) <= wholeBudget.most;
}

function limitOf({ forms, whole }: CandidateSearch, terms: number): number {
  const budget = forms.some(({ required }) => required.length > 0) ? requiredBudget : anyBudget;
  const { posts, least, most } = whole ? wholeBudget : budget;
  return Math.max(least, Math.min(most, Math.floor(posts / Math.max(1, terms))));
}

function judgeAll(walks: readonly (readonly CandidateDocument[])[], judge: Judge): Candidate[] {
  const seen = new Set<string>();
  const found: Candidate[] = [];
  for (const document of walks.flat()) {
    if (seen.has(document._id)) continue;
    seen.add(document._id);
    const candidate = judge(document);
    if (candidate !== undefined) found.push(candidate);
  }
  return found;
}

interface FilterChoice {
  readonly terms: readonly string[];
  readonly limit: number;
  readonly sources: CandidateSources;
}

/**
 * The index of the filter where the filter leads. Under a filter that a share p of the posts passes, a walk reads limit / p
 * entries, so a filter that leaves fewer posts than the walks would read is cheaper, and misses nothing.
 */
async function chooseFilter(
  search: CandidateSearch,
  { terms, limit, sources }: FilterChoice,
): Promise<string | undefined> {
  const part = indexedPart(search.filter);
  if (part === undefined) return undefined;
  if (search.matchesAll) return part.hint;
  const { posts, frequencies } = await search.figures();
  const entries = (share: number) =>
    terms.reduce((sum, term) => sum + Math.min(frequencies.get(term) ?? 0, limit / share), 0);
  if (entries(1) < anyBudget.least) return undefined;
  const { maxFiltered } = sources.bounds;
  const ceiling = Math.min(maxFiltered, Math.ceil(Math.max(anyBudget.posts, Math.sqrt(limit * posts * terms.length))));
  const left = await countUpTo(part, { ceiling, sources });
  if (left > ceiling) return undefined;
  return left <= Math.max(anyBudget.least, entries(left / Math.max(1, posts))) ? part.hint : undefined;
}

interface IndexedPart {
  readonly match: Filter<PostDocument>;
  readonly hint: string;
}

/** The part of a filter that an index counts by itself. */
function indexedPart({ authorId, authorIds = [], tags = [], ...filter }: PostFilter): IndexedPart | undefined {
  const parts: readonly [string, PostFilter | undefined][] = [
    [
      'posts_of_author_by_create_time',
      authorId !== undefined || authorIds.length > 0 ? { authorId, authorIds } : undefined,
    ],
    ['posts_of_tag_by_create_time', tags.length > 0 ? { tags } : undefined],
    ['posts_published_by_create_time', filter.published === false ? { published: false } : undefined],
    ['posts_by_language', filter.language === undefined ? undefined : { language: filter.language }],
    [
      'posts_by_create_time',
      filter.createdAfter === undefined && filter.createdBefore === undefined
        ? undefined
        : { createdAfter: filter.createdAfter, createdBefore: filter.createdBefore },
    ],
  ];
  for (const [hint, part] of parts) {
    const match = part && toMatch(part);
    if (match !== undefined) return { match, hint };
  }
  return undefined;
}

function countUpTo(
  { match, hint }: IndexedPart,
  { ceiling, sources: { posts, call } }: { ceiling: number; sources: CandidateSources },
): Promise<number> {
  return translating(() => posts.countDocuments(match, { ...boundsOf(call), hint, limit: ceiling + 1 }));
}

/** All posts of the filter are judged as they come; of too many, as where an author is all that is asked for, the newest. */
async function readFiltered(
  match: Filter<PostDocument>,
  { hint, newest, sources }: { hint: string; newest: boolean; sources: CandidateSources },
): Promise<Candidates> {
  const { posts, projection, bounds, call } = sources;
  const { maxFiltered } = bounds;
  const judge = await sources.judge();
  const sorted = newest ? ({ sort: { create_time: -1, _id: -1 } } as const) : {};
  const options = { ...boundsOf(call), ...sorted, hint, limit: maxFiltered + 1, projection, raw: true };
  const found: Candidate[] = [];
  let read = 0;
  await translating(async () => {
    for await (const bytes of posts.find<Buffer>(match, options)) {
      read += 1;
      const candidate = judge(readCandidate(bytes));
      if (candidate !== undefined) found.push(candidate);
    }
  });
  return { found, complete: read <= maxFiltered };
}
