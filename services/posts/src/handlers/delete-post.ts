import type { DeletePostRequestSchema, DeletePostResponseSchema } from '@tandem/contracts/posts';
import { checkEtag, type UnaryHandler } from '@tandem/rpc';
import {
  type PostStore,
  type PostsTransaction,
  type PostVersion,
  type StoreCall,
  TransactionEnded,
} from '../store/store.ts';
import { requirePost } from './wire-post.ts';

/**
 * Deletes a post, of the version that was read only. One of more words than a transaction takes out of the index loses
 * them first; where it then stays all the same, the keeper of the statistics gives them back within seconds.
 */
export function deletePost({
  store,
}: {
  store: Pick<PostStore, 'transaction' | 'unindex'>;
}): UnaryHandler<typeof DeletePostRequestSchema, typeof DeletePostResponseSchema> {
  return async ({ id, etag }, call) => {
    let read: PostVersion | undefined;
    const work = async ({ posts }: PostsTransaction) => {
      const post = requirePost((await posts.findMany([id], { contentsOf: [] })).get(id), id);
      checkEtag(etag, { name: 'post', version: post.version });
      read = post;
      await posts.delete(post);
      return {};
    };
    const remove = (bounds: StoreCall) => store.transaction(bounds, work, { inTurnFor: [id] });
    try {
      const { deadline, signal, claim } = call;
      return await remove({ deadline, signal, claim, divisible: true });
    } catch (error) {
      if (!(error instanceof TransactionEnded) || read === undefined) throw error;
      await store.unindex(read, call);
      return remove(call);
    }
  };
}
