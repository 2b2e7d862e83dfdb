import {
  Matching,
  type SearchPostsRequest,
  SearchPostsRequestSchema,
  type SearchPostsResponseSchema,
} from '@tandem/contracts/posts';
import { type Call, type Paging, parseOrderBy, TandemError, type UnaryHandler } from '@tandem/rpc';
import { correctQuery, listQueryWords } from '../domain/search/correct-query.ts';
import { parseQuery } from '../domain/search/parse-query.ts';
import type { SearchBasis, SearchOrder, SearchPosition, SearchSubject } from '../domain/search.ts';
import type { AuthorDirectory } from '../peers/author-directory.ts';
import type { PostReader, PostSearch, PreparedSearch, SearchPage, SearchVocabulary } from '../store/store.ts';
import { readAuthorStates } from './author-states.ts';
import { replyWithHits } from './encoded-replies.ts';
import { loadHits } from './search-hits.ts';
import { toFacet, toWireFacet } from './wire-facet.ts';
import { toPostFilter } from './wire-filter.ts';
import { isFull } from './wire-post.ts';

export interface SearchPostsDependencies {
  readonly reader: Pick<PostReader, 'select'>;
  readonly search: PostSearch;
  readonly vocabulary: Pick<SearchVocabulary, 'findCorrections'>;
  readonly authors: Pick<AuthorDirectory, 'findMany'>;
  readonly paging: Paging;
}

const orderFields = ['relevance', 'create_time', 'publish_time'] as const;

/** Finds posts by a query, best or latest first, page by page; the first page also counts them and corrects words. */
export function searchPosts(
  dependencies: SearchPostsDependencies,
): UnaryHandler<typeof SearchPostsRequestSchema, typeof SearchPostsResponseSchema> {
  return async (request, call) => {
    const order = readSearchOrder(request.orderBy);
    const { limit, after } = dependencies.paging.open<PagePlace>(call, SearchPostsRequestSchema, request);
    const prepared = await dependencies.search.prepare(toSubject(request, order), call, after?.basis);
    const [page, facets, total, didYouMean] = await Promise.all([
      readPage({ dependencies, prepared, request, call }, { after: after?.position, limit }),
      request.facets.length === 0 ? undefined : prepared.countFacets(request.facets.map(toFacet)),
      request.includeTotalSize ? prepared.count() : undefined,
      // Who goes on to later pages has found what was meant.
      after === undefined ? findCorrection(dependencies.vocabulary, { request, prepared, call }) : undefined,
    ]);
    const next = page.next && { position: page.next, basis: prepared.basis };
    return replyWithHits(page.hits, {
      nextPageToken: dependencies.paging.seal(call, SearchPostsRequestSchema, request, next),
      facets: facets?.value.map(toWireFacet) ?? [],
      totalSizeExact: (facets ?? total)?.exact ?? false,
      ...(total === undefined ? {} : { totalSize: total.value }),
      ...(didYouMean === undefined ? {} : { didYouMean }),
    });
  };
}

async function findCorrection(
  vocabulary: SearchPostsDependencies['vocabulary'],
  { request, prepared, call }: Pick<Reading, 'request' | 'prepared' | 'call'>,
): Promise<string | undefined> {
  const query = parseQuery(request.query);
  const corrections = await vocabulary.findCorrections(listQueryWords(query), prepared.basis.languages, call);
  return correctQuery(query, corrections);
}

/** What a page token holds. */
interface PagePlace {
  readonly position: SearchPosition;
  readonly basis: SearchBasis;
}

/** Relevance takes no direction: it is best first. */
function readSearchOrder(orderBy: string): SearchOrder {
  const { field, descending } = parseOrderBy(orderBy, orderFields, { field: 'relevance', descending: true });
  if (field !== 'relevance') return { field, descending };
  if (!/^ *(relevance *)?$/.test(orderBy)) throw directionRefused();
  return { field, descending: true };
}

/** Unpublished posts are found only when the filter asks for them. */
function toSubject({ query, filter, matching }: SearchPostsRequest, order: SearchOrder): SearchSubject {
  const given = toPostFilter(filter);
  return {
    text: query,
    filter: { ...given, published: given.published ?? true },
    matching: matching === Matching.ALL ? 'all' : 'any',
    order,
  };
}

interface Reading {
  readonly dependencies: SearchPostsDependencies;
  readonly prepared: PreparedSearch;
  readonly request: SearchPostsRequest;
  readonly call: Call;
}

async function readPage({ dependencies, prepared, request, call }: Reading, page: SearchPage) {
  const found = await prepared.findHits(page);
  const { includeAuthors } = request;
  const options = { withContent: isFull(request.view), withAuthors: includeAuthors, call };
  const { hits, next } = await loadHits(
    { reader: dependencies.reader, findMatches: prepared.findMatches },
    found,
    options,
  );
  const authorIds = hits.map(({ post }) => post.authorId);
  const stateOf = includeAuthors ? await readAuthorStates(dependencies.authors, authorIds, call) : undefined;
  return {
    hits: stateOf === undefined ? hits : hits.map((hit) => ({ ...hit, known: stateOf(hit.post.authorId) })),
    next,
  };
}

function directionRefused(): TandemError {
  return new TandemError('ORDER_BY_INVALID', 'order_by relevance is always best first: leave the direction out.');
}
