import { create } from '@bufbuild/protobuf';
import { DeletePostRequestSchema } from '@tandem/contracts/posts';
import { makeCall, reasonOf } from '@tandem/rpc/testing';
import { expect, it } from 'vitest';
import type { PostDocument } from '../store/mongo-post-document.ts';
import { type PostStore, TransactionEnded } from '../store/store.ts';
import { insertPosts, makePost } from '../store/testing/store-calls.ts';
import { usePostsStore } from '../store/testing/use-posts-store.ts';
import { deletePost } from './delete-post.ts';

const { store, direct } = await usePostsStore();
const posts = direct.db().collection<PostDocument>('posts');

/** The store on a database that ends every transaction as too long by which a post goes that is indexed. */
const slow: Pick<PostStore, 'transaction' | 'unindex'> = {
  unindex: store.unindex,
  transaction: (bounds, work, options) =>
    store.transaction(
      bounds,
      async (tx) => {
        const result = await work(tx);
        if ((await posts.countDocuments({ vector: { $exists: true } })) > 0) throw new TransactionEnded(undefined);
        return result;
      },
      options,
    ),
};
const remove = (fields: { id: string; etag?: string }) =>
  deletePost({ store: slow })(create(DeletePostRequestSchema, fields), makeCall());

it('deletes a post of more words than one transaction takes out of the index', async () => {
  const post = makePost();
  await insertPosts(store, [post]);
  expect(await reasonOf(Promise.resolve(remove({ id: post.id, etag: '7' })))).toBe('ETAG_MISMATCH');
  expect(await posts.countDocuments({ vector: { $exists: true } })).toBe(1);
  await remove({ id: post.id, etag: '1' });
  expect(await posts.countDocuments()).toBe(0);
});
