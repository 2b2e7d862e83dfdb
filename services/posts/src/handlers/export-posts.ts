import { ExportPostsRequestSchema, type ExportPostsResponseSchema } from '@tandem/contracts/posts';
import type { Cursors, ServerStreamHandler } from '@tandem/rpc';
import type { PostReader } from '../store/store.ts';
import { estimatePostBytes, takePage } from './message-size.ts';
import { toPostFilter } from './wire-filter.ts';
import { toWirePost } from './wire-post.ts';

const defaultChunkSize = 500;

interface ExportPostsDependencies {
  readonly reader: Pick<PostReader, 'export'>;
  readonly cursors: Cursors;
}

interface ExportPosition {
  readonly id: string;
}

/**
 * Gives posts out by chunks, by id, in full. A chunk is read when the reader has room for it, and nothing is held between
 * chunks: one chunk is in memory, and it ends early rather than exceed a message.
 */
export function exportPosts({
  reader,
  cursors,
}: ExportPostsDependencies): ServerStreamHandler<typeof ExportPostsRequestSchema, typeof ExportPostsResponseSchema> {
  return async function* (request, call) {
    const limit = request.chunkSize === 0 ? defaultChunkSize : request.chunkSize;
    const filter = toPostFilter(request.filter);
    let afterId = cursors.open<ExportPosition>(call, ExportPostsRequestSchema, request)?.id;
    for (;;) {
      const posts = reader.export({ filter, afterId, limit: limit + 1 }, call);
      const { items, more } = await takePage(posts, { limit, sizeOf: estimatePostBytes });
      const last = items.at(-1);
      if (last === undefined) return;
      afterId = last.id;
      const cursor = cursors.seal<ExportPosition>(call, ExportPostsRequestSchema, request, { id: afterId });
      yield { posts: items.map(toWirePost), cursor };
      if (!more) return;
    }
  };
}
