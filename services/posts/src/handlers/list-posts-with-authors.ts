import { ListPostsWithAuthorsRequestSchema, type ListPostsWithAuthorsResponseSchema } from '@tandem/contracts/posts';
import { type Call, chooseReader, countIfAsked, type Paging, type Readers, type UnaryHandler } from '@tandem/rpc';
import type { PostPosition } from '../domain/post.ts';
import type { AuthorDirectory } from '../peers/author-directory.ts';
import type { PostListing, PostReader } from '../store/store.ts';
import { type ActiveAuthorsDependencies, type AuthoredPage, listActiveAuthors } from './active-authors-page.ts';
import { readAuthorStates } from './author-states.ts';
import { replyWithAuthoredPage } from './encoded-replies.ts';
import { readPostOrder } from './list-posts.ts';
import { estimatePostBytes, maxAuthorBytes, takePage } from './message-size.ts';
import { toPostFilter } from './wire-filter.ts';
import { isFull } from './wire-post.ts';

export interface ListPostsWithAuthorsDependencies {
  readonly readers: Readers<Pick<PostReader, 'list' | 'count'>>;
  readonly authors: Pick<AuthorDirectory, 'findMany'>;
  readonly paging: Paging;
}

/** Lists posts together with their authors, who are asked for page by page. */
export function listPostsWithAuthors({
  readers,
  authors,
  paging,
}: ListPostsWithAuthorsDependencies): UnaryHandler<
  typeof ListPostsWithAuthorsRequestSchema,
  typeof ListPostsWithAuthorsResponseSchema
> {
  return async (request, call) => {
    const order = readPostOrder(request.orderBy);
    const { limit, after } = paging.open<PostPosition>(call, ListPostsWithAuthorsRequestSchema, request);
    const reader = chooseReader(readers, request.consistency);
    const filter = toPostFilter(request.filter);
    const listing = { filter, order, after, limit, withContent: isFull(request.view) };
    const [page, total] = await Promise.all([
      (request.activeAuthorsOnly ? listActiveAuthors : listAllAuthors)({ reader, authors }, listing, call),
      countIfAsked(request, () => reader.count(filter, call)),
    ]);
    return replyWithAuthoredPage({
      items: page.items,
      nextPageToken: paging.seal(call, ListPostsWithAuthorsRequestSchema, request, page.next),
      ...total,
    });
  };
}

async function listAllAuthors(
  { reader, authors }: ActiveAuthorsDependencies,
  listing: PostListing,
  call: Call,
): Promise<AuthoredPage> {
  const { items, more } = await takePage(reader.list({ ...listing, limit: listing.limit + 1 }, call), {
    limit: listing.limit,
    sizeOf: ({ post }) => estimatePostBytes(post) + maxAuthorBytes,
  });
  const stateOf = await readAuthorStates(
    authors,
    items.map(({ post }) => post.authorId),
    call,
  );
  return {
    items: items.map(({ post }) => ({ post, known: stateOf(post.authorId) })),
    next: more ? items.at(-1)?.position : undefined,
  };
}
