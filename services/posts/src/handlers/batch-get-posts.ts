import { ReadConsistency } from '@tandem/contracts/options';
import type { BatchGetPostsRequestSchema, BatchGetPostsResponseSchema } from '@tandem/contracts/posts';
import { type Call, TandemError, type UnaryHandler } from '@tandem/rpc';
import type { Post } from '../domain/post.ts';
import type { PostReader, PostSelection } from '../store/store.ts';
import { estimatePostBytes } from './message-size.ts';
import { toWirePost } from './wire-post.ts';

/** An estimate beyond this is beyond 4 MiB for sure; below, the encoded reply decides. */
const hopelessBytes = 5 * 1024 * 1024;

export function batchGetPosts({
  reader,
}: {
  reader: Pick<PostReader, 'select'>;
}): UnaryHandler<typeof BatchGetPostsRequestSchema, typeof BatchGetPostsResponseSchema> {
  return async (request, call) => {
    const ids = [...new Set(request.ids)];
    const snapshot = request.consistency === ReadConsistency.STRONG;
    const found = await readAll(reader, { ids, withContent: true, snapshot }, call);
    return {
      posts: ids.flatMap((id) => found.get(id) ?? []).map(toWirePost),
      missingIds: ids.filter((id) => !found.has(id)),
    };
  };
}

/** Stops reading once the answer cannot be sent any more. */
async function readAll(
  reader: Pick<PostReader, 'select'>,
  selection: PostSelection,
  call: Call,
): Promise<Map<string, Post>> {
  const found = new Map<string, Post>();
  let bytes = 0;
  for await (const post of reader.select(selection, call)) {
    bytes += estimatePostBytes(post);
    if (bytes > hopelessBytes) throw responseTooLarge();
    found.set(post.id, post);
  }
  return found;
}

function responseTooLarge(): TandemError {
  return new TandemError('RESPONSE_TOO_LARGE', 'These posts exceed 4 MiB together. Ask for fewer at once.');
}
