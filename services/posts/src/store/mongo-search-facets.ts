import type { Collection, Document, Filter } from 'mongodb';
import type { SearchFacet, SearchFacetCounts } from '../domain/search.ts';
import { boundsOf } from './mongo-bounds.ts';
import { translating } from './mongo-errors.ts';
import type { PostDocument } from './mongo-post-document.ts';
import type { StoreCall } from './store.ts';

const maxValues = 20;

/** What a facet counts by, as aggregation stages. */
const groupings: Record<SearchFacet, Document[]> = {
  tags: [{ $unwind: '$tags' }, { $group: { _id: '$tags', count: { $sum: 1 } } }],
  author_id: [{ $group: { _id: '$author_id', count: { $sum: 1 } } }],
  language: [{ $group: { _id: '$language', count: { $sum: 1 } } }],
  month: [{ $group: { _id: { $dateToString: { date: '$create_time', format: '%Y-%m' } }, count: { $sum: 1 } } }],
};

interface FacetCounting {
  readonly posts: Collection<PostDocument>;
  /** What to count, in parts that share no post. */
  readonly matches: readonly Filter<PostDocument>[];
  readonly facets: readonly SearchFacet[];
  readonly call: StoreCall;
}

type ValueCount = { readonly _id: string; readonly count: number };
type CountedFacets = Partial<Record<SearchFacet, ValueCount[]>>;

/** The most frequent values of each facet over all matches; one aggregation a part. */
export async function countFacets({ posts, matches, facets, call }: FacetCounting): Promise<SearchFacetCounts[]> {
  // A value that is rare in one part may be frequent in all: only a single part may be cut by the server.
  const cut = matches.length === 1 ? [{ $sort: { count: -1, _id: 1 } }, { $limit: maxValues + 1 }] : [];
  const branches = Object.fromEntries(facets.map((facet) => [facet, [...groupings[facet], ...cut]]));
  const totals = new Map(facets.map((facet) => [facet, new Map<string, number>()]));
  for (const match of matches) {
    const stages = [{ $match: match }, { $project: { content: 0, title: 0 } }, { $facet: branches }];
    const [counted = {}] = await translating(() => posts.aggregate<CountedFacets>(stages, boundsOf(call)).toArray());
    for (const [facet, total] of totals) addCounts(total, counted[facet] ?? []);
  }
  return [...totals].map(([facet, total]) => toFacetCounts(facet, total));
}

function addCounts(total: Map<string, number>, counts: readonly ValueCount[]): void {
  for (const { _id: value, count } of counts) total.set(value, (total.get(value) ?? 0) + count);
}

function toFacetCounts(facet: SearchFacet, total: ReadonlyMap<string, number>): SearchFacetCounts {
  const values = [...total].map(([value, count]) => ({ value, count }));
  values.sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
  return { facet, values: values.slice(0, maxValues), truncated: values.length > maxValues };
}
