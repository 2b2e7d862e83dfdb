import type { Collection, Document } from 'mongodb';
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
  /** Of the posts to count. */
  readonly ids: readonly string[];
  readonly facets: readonly SearchFacet[];
  readonly call: StoreCall;
}

type ValueCount = { readonly _id: string; readonly count: number };
type CountedFacets = Partial<Record<SearchFacet, ValueCount[]>>;

/** The most frequent values of each facet; one aggregation. */
export async function countFacets({ posts, ids, facets, call }: FacetCounting): Promise<SearchFacetCounts[]> {
  const cut = [{ $sort: { count: -1, _id: 1 } }, { $limit: maxValues + 1 }];
  const branches = Object.fromEntries(facets.map((facet) => [facet, [...groupings[facet], ...cut]]));
  const projection = { tags: 1, author_id: 1, language: 1, create_time: 1 };
  const stages = [{ $match: { _id: { $in: [...ids] } } }, { $project: projection }, { $facet: branches }];
  const [counted = {}] = await translating(() => posts.aggregate<CountedFacets>(stages, boundsOf(call)).toArray());
  return facets.map((facet) => toFacetCounts(facet, counted[facet] ?? []));
}

function toFacetCounts(facet: SearchFacet, counts: readonly ValueCount[]): SearchFacetCounts {
  const values = counts.slice(0, maxValues).map(({ _id: value, count }) => ({ value, count }));
  return { facet, values, truncated: counts.length > maxValues };
}
