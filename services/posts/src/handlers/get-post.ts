import type { GetPostRequestSchema, GetPostResponseSchema } from '@tandem/contracts/posts';
import { TandemError, type UnaryHandler } from '@tandem/rpc';
import type { PostReader } from '../store/store.ts';
import { toWirePost } from './wire-post.ts';

export function getPost({
  reader,
}: {
  reader: Pick<PostReader, 'get'>;
}): UnaryHandler<typeof GetPostRequestSchema, typeof GetPostResponseSchema> {
  return async ({ id }, call) => {
    const post = await reader.get(id, call);
    if (post === undefined) throw postNotFound(id);
    return { post: toWirePost(post) };
  };
}

function postNotFound(id: string): TandemError {
  return new TandemError('POST_NOT_FOUND', `There is no post ${id}. Check the id; it may have been deleted.`, {
    metadata: { id },
  });
}
