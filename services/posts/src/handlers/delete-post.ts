import type { DeletePostRequestSchema, DeletePostResponseSchema } from '@tandem/contracts/posts';
import { checkEtag, type UnaryHandler } from '@tandem/rpc';
import type { PostStore, PostsTransaction } from '../store/store.ts';
import { requirePost } from './wire-post.ts';

/** Deletes a post, of the version that was read only. */
export function deletePost({
  store,
}: {
  store: Pick<PostStore, 'transaction'>;
}): UnaryHandler<typeof DeletePostRequestSchema, typeof DeletePostResponseSchema> {
  return ({ id, etag }, call) => {
    const work = async ({ posts }: PostsTransaction) => {
      const post = requirePost((await posts.findMany([id], { contentsOf: [] })).get(id), id);
      checkEtag(etag, { name: 'post', version: post.version });
      await posts.delete(post);
      return {};
    };
    return store.transaction(call, work, { inTurnFor: [id] });
  };
}
