import type { BatchGetPostsRequestSchema, BatchGetPostsResponseSchema } from '@tandem/contracts/posts';
import { chooseReader, type Readers, TandemError, type UnaryHandler } from '@tandem/rpc';
import type { EncodedPost, EncodedPostReader } from '../store/store.ts';
import { replyWithPosts } from './encoded-replies.ts';

/** No message is longer. */
const maxReplyBytes = 4 * 1024 * 1024;

/** Reads posts by id: those found in the request's order, each once, and the ids of the others. */
export function batchGetPosts(
  readers: Readers<Pick<EncodedPostReader, 'select'>>,
): UnaryHandler<typeof BatchGetPostsRequestSchema, typeof BatchGetPostsResponseSchema> {
  return async (request, call) => {
    const ids = [...new Set(request.ids)];
    const found = await readAll(chooseReader(readers, request.consistency).select(ids, call));
    const posts = ids.flatMap((id) => found.get(id) ?? []);
    return replyWithPosts(
      posts,
      ids.filter((id) => !found.has(id)),
    );
  };
}

/** Stops reading once the answer cannot be sent any more. */
async function readAll(posts: AsyncIterable<EncodedPost>): Promise<Map<string, EncodedPost>> {
  const found = new Map<string, EncodedPost>();
  let bytes = 0;
  for await (const post of posts) {
    bytes += post.bytes.length;
    if (bytes > maxReplyBytes) throw responseTooLarge();
    found.set(post.id, post);
  }
  return found;
}

function responseTooLarge(): TandemError {
  return new TandemError('RESPONSE_TOO_LARGE', 'These posts exceed 4 MiB together. Ask for fewer at once.');
}
