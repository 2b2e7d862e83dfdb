import { ListPostsRequestSchema, type ListPostsResponseSchema } from '@tandem/contracts/posts';
import { chooseReader, countIfAsked, type Paging, parseOrderBy, type Readers, type UnaryHandler } from '@tandem/rpc';
import { type PostOrder, type PostPosition, postOrderFields } from '../domain/post.ts';
import type { PostReader } from '../store/store.ts';
import { replyWithPage } from './encoded-replies.ts';
import { estimatePostBytes, takePage } from './message-size.ts';
import { toPostFilter } from './wire-filter.ts';
import { isFull } from './wire-post.ts';

const newestFirst = { field: 'create_time', descending: true } as const satisfies PostOrder;

/** Lists posts by filter, in an order, page by page. */
export function listPosts({
  readers,
  paging,
}: {
  readers: Readers<Pick<PostReader, 'list' | 'count'>>;
  paging: Paging;
}): UnaryHandler<typeof ListPostsRequestSchema, typeof ListPostsResponseSchema> {
  return async (request, call) => {
    const order = readPostOrder(request.orderBy);
    const { limit, after } = paging.open<PostPosition>(call, ListPostsRequestSchema, request);
    const reader = chooseReader(readers, request.consistency);
    const filter = toPostFilter(request.filter);
    const listing = { filter, order, after, limit: limit + 1, withContent: isFull(request.view) };
    const [page, total] = await Promise.all([
      takePage(reader.list(listing, call), { limit, sizeOf: ({ post }) => estimatePostBytes(post) }),
      countIfAsked(request, () => reader.count(filter, call)),
    ]);
    const next = page.more ? page.items.at(-1)?.position : undefined;
    return replyWithPage({
      items: page.items.map(({ post }) => post),
      nextPageToken: paging.seal(call, ListPostsRequestSchema, request, next),
      ...total,
    });
  };
}

/** @throws TandemError `ORDER_BY_INVALID` */
export function readPostOrder(orderBy: string): PostOrder {
  return parseOrderBy(orderBy, postOrderFields, newestFirst);
}
