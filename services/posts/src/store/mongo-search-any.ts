import type { Collection, Document, Filter } from 'mongodb';
import type { PostPosition } from '../domain/post.ts';
import { boundsOf } from './mongo-bounds.ts';
import { translating } from './mongo-errors.ts';
import type { PostDocument } from './mongo-post-document.ts';
import { matchAfter } from './mongo-post-filter.ts';
import type { SearchContext } from './mongo-search-context.ts';
import { countFacets } from './mongo-search-facets.ts';
import type { PreparedSearch, SearchHit, SearchHitsPage, StoreCall } from './store.ts';

interface HitDocument {
  readonly _id: string;
  readonly score: number;
  readonly time?: Date | null;
}

/** Posts that hold any of the words. */
export function prepareAnyWord({ posts, match, words, termOf }: SearchContext, call: StoreCall): PreparedSearch {
  const whole: Filter<PostDocument> = { ...match, $text: { $search: words.join(' ') } };
  return {
    termOf,
    findHits: (page) => translating(() => findHits({ posts, whole, page, call })),
    count: () => translating(() => posts.countDocuments(whole, boundsOf(call))),
    countFacets: (facets) => countFacets({ posts, matches: [whole], facets, call }),
  };
}

interface Finding {
  readonly posts: Collection<PostDocument>;
  readonly whole: Filter<PostDocument>;
  readonly page: SearchHitsPage;
  readonly call: StoreCall;
}

async function findHits({ posts, whole, page, call }: Finding): Promise<SearchHit[]> {
  const stages = page.order.field === 'relevance' ? byRelevance(whole, page) : byTime(whole, page);
  const hits = await posts.aggregate<HitDocument>([...stages, { $limit: page.limit }], boundsOf(call)).toArray();
  return hits.map(({ _id: id, score, time }) => ({
    id,
    score: Number.isFinite(score) ? score : 0,
    position: { id, key: page.order.field === 'relevance' ? score : (time?.getTime() ?? null) },
  }));
}

/** Contents are left behind before the sort. */
function byRelevance(whole: Filter<PostDocument>, { after }: SearchHitsPage): Document[] {
  const next = after && { $or: [{ score: { $lt: after.key } }, { score: after.key, _id: { $gt: after.id } }] };
  return [
    { $match: whole },
    { $project: { score: { $meta: 'textScore' } } },
    ...(next === undefined ? [] : [{ $match: next }]),
    { $sort: { score: -1, _id: 1 } },
  ];
}

function byTime(whole: Filter<PostDocument>, { order, after }: SearchHitsPage): Document[] {
  if (order.field === 'relevance') throw new Error('Relevance is no time.');
  const direction = order.descending ? -1 : 1;
  const next = after && { $or: matchAfter(order, after satisfies PostPosition) };
  return [
    { $match: next === undefined ? whole : { $and: [whole, next] } },
    { $project: { score: { $meta: 'textScore' }, time: `$${order.field}` } },
    { $sort: { time: direction, _id: direction } },
  ];
}
