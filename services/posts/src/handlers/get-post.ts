import type { GetPostRequestSchema, GetPostResponseSchema } from '@tandem/contracts/posts';
import type { UnaryHandler } from '@tandem/rpc';
import type { PostReader } from '../store/store.ts';
import { requirePost, toWirePost } from './wire-post.ts';

export function getPost({
  reader,
}: {
  reader: Pick<PostReader, 'get'>;
}): UnaryHandler<typeof GetPostRequestSchema, typeof GetPostResponseSchema> {
  return async ({ id }, call) => {
    return { post: toWirePost(requirePost(await reader.get(id, call), id)) };
  };
}
