import type { GetPostRequestSchema, GetPostResponseSchema } from '@tandem/contracts/posts';
import { chooseReader, type Readers, type UnaryHandler } from '@tandem/rpc';
import type { EncodedPostReader } from '../store/store.ts';
import { replyWithPost } from './encoded-replies.ts';
import { requirePost } from './wire-post.ts';

/** Reads one post. */
export function getPost(
  readers: Readers<Pick<EncodedPostReader, 'get'>>,
): UnaryHandler<typeof GetPostRequestSchema, typeof GetPostResponseSchema> {
  return async ({ id, consistency }, call) => {
    const post = await chooseReader(readers, consistency).get(id, call);
    return replyWithPost(requirePost(post, id));
  };
}
