import {
  Matching,
  type SearchPostsRequest,
  SearchPostsRequestSchema,
  type SearchPostsResponseSchema,
} from '@tandem/contracts/posts';
import { type Call, type Paging, parseOrderBy, TandemError, type UnaryHandler } from '@tandem/rpc';
import type { SearchOrder, SearchPosition, SearchSubject } from '../domain/search.ts';
import type { AuthorDirectory } from '../peers/author-directory.ts';
import type { PostReader, PostSearch, PreparedSearch, SearchHitsPage } from '../store/store.ts';
import { readAuthorStates } from './author-states.ts';
import { loadHits } from './search-hits.ts';
import { countIfAsked } from './total-size.ts';
import { toFacet, toWireFacet } from './wire-facet.ts';
import { toPostFilter } from './wire-filter.ts';
import { isFull, toWirePost } from './wire-post.ts';

export interface SearchPostsDeps {
  readonly reader: Pick<PostReader, 'select' | 'measure'>;
  readonly search: PostSearch;
  readonly authors: Pick<AuthorDirectory, 'findMany'>;
  readonly paging: Paging;
}

const orderFields = ['relevance', 'create_time', 'publish_time'] as const;

export function searchPosts(
  deps: SearchPostsDeps,
): UnaryHandler<typeof SearchPostsRequestSchema, typeof SearchPostsResponseSchema> {
  return async (request, call) => {
    const order = readSearchOrder(request.orderBy);
    const { limit, after } = deps.paging.open<SearchPosition>(call, SearchPostsRequestSchema, request);
    const prepared = await deps.search.prepare(toSubject(request), call);
    const [page, facets, total] = await Promise.all([
      readPage({ deps, prepared, request, call }, { order, after, limit }),
      request.facets.length === 0 ? [] : prepared.countFacets(request.facets.map(toFacet)),
      countIfAsked(request, () => prepared.count()),
    ]);
    return {
      hits: page.hits,
      nextPageToken: deps.paging.seal(call, SearchPostsRequestSchema, request, page.next),
      facets: facets.map(toWireFacet),
      totalSizeExact: request.facets.length > 0 || request.includeTotalSize,
      ...total,
    };
  };
}

/** Relevance takes no direction: it is best first. */
function readSearchOrder(orderBy: string): SearchOrder {
  const { field, descending } = parseOrderBy(orderBy, orderFields, { field: 'relevance', descending: true });
  if (field !== 'relevance') return { field, descending };
  if (!/^ *(relevance *)?$/.test(orderBy)) throw directionRefused();
  return { field, descending: true };
}

/** Unpublished posts are found only when the filter asks for them. */
function toSubject({ query, filter, matching }: SearchPostsRequest): SearchSubject {
  const given = toPostFilter(filter);
  return {
    text: query,
    filter: { ...given, published: given.published ?? true },
    matching: matching === Matching.ALL ? 'all' : 'any',
  };
}

interface Reading {
  readonly deps: SearchPostsDeps;
  readonly prepared: PreparedSearch;
  readonly request: SearchPostsRequest;
  readonly call: Call;
}

async function readPage({ deps, prepared, request, call }: Reading, page: SearchHitsPage) {
  const found = await prepared.findHits({ ...page, limit: page.limit + 1 });
  const { includeAuthors } = request;
  const options = { limit: page.limit, withContent: isFull(request.view), withAuthors: includeAuthors, call };
  const { hits, next } = await loadHits({ reader: deps.reader, termOf: prepared.termOf }, found, options);
  const authorIds = hits.map(({ post }) => post.authorId);
  const stateOf = includeAuthors ? await readAuthorStates(deps.authors, authorIds, call) : () => ({});
  return {
    hits: hits.map(({ post, score, highlights }) => ({
      post: toWirePost(post),
      score,
      highlights: highlights.map(({ spans, ...rest }) => ({ ...rest, spans: [...spans] })),
      ...stateOf(post.authorId),
    })),
    next,
  };
}

function directionRefused(): TandemError {
  return new TandemError('ORDER_BY_INVALID', 'order_by relevance is always best first: leave the direction out.');
}
