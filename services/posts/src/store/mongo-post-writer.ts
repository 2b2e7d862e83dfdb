import { TandemError } from '@tandem/rpc';
import type { ClientSession, Collection } from 'mongodb';
import { timeLeft } from './mongo-bounds.ts';
import { isDuplicateKey } from './mongo-errors.ts';
import { type PostDocument, toDocument, toFullPost } from './mongo-post-document.ts';
import type { PostWriter, StoreCall } from './store.ts';

/** Errors other than a taken id pass as they are: the transaction must see whether it may run again. */
export function createPostWriter(
  posts: Collection<PostDocument>,
  { session, call }: { session: ClientSession; call: StoreCall },
): PostWriter {
  const options = () => ({ session, ...timeLeft(call) });
  return {
    insert: (post) => refusingTakenIds(() => posts.insertOne(toDocument(post), options())),
    async insertMany(several) {
      if (several.length === 0) return;
      await refusingTakenIds(() => posts.insertMany(several.map(toDocument), options()));
    },
    async findMany(ids) {
      const documents = await posts.find({ _id: { $in: [...ids] } }, options()).toArray();
      return new Map(documents.map((document) => [document._id, toFullPost(document)]));
    },
    async replaceMany(several) {
      if (several.length === 0) return;
      const replacements = several.map((post) => toReplacement(toDocument(post)));
      await posts.bulkWrite(replacements, options());
    },
  };
}

function toReplacement({ _id, ...replacement }: PostDocument) {
  return { replaceOne: { filter: { _id }, replacement } };
}

async function refusingTakenIds(insert: () => Promise<unknown>): Promise<void> {
  try {
    await insert();
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    throw new TandemError('ID_TAKEN', 'Another post has this id. Leave post_id out or choose another.', {
      cause: error,
    });
  }
}
