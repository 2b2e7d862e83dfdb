import { TandemError } from '@tandem/rpc';
import type { ClientSession, Collection } from 'mongodb';
import { timeLeft } from './mongo-bounds.ts';
import { isDuplicateKey } from './mongo-errors.ts';
import { type PostDocument, type ReadDocument, toChanges, toDocument, toPost } from './mongo-post-document.ts';
import type { PostWriter, StoreCall } from './store.ts';

/** Errors other than a taken id pass as they are: the transaction must see whether it may run again. */
export function createPostWriter(
  posts: Collection<PostDocument>,
  { session, call }: { session: ClientSession | undefined; call: StoreCall },
): PostWriter {
  const options = () => ({ ...(session === undefined ? {} : { session }), ...timeLeft(call) });
  const read = async (ids: readonly string[], projection: { content?: 0 }): Promise<ReadDocument[]> =>
    ids.length === 0 ? [] : posts.find({ _id: { $in: [...ids] } }, { ...options(), projection }).toArray();
  return {
    insert: (post) => refusingTakenIds(() => posts.insertOne(toDocument(post), options())),
    async insertMany(several) {
      if (several.length === 0) return;
      await refusingTakenIds(() => posts.insertMany(several.map(toDocument), options()));
    },
    async findIds(ids) {
      const found = await posts.find({ _id: { $in: [...ids] } }, { ...options(), projection: { _id: 1 } }).toArray();
      return new Set(found.map(({ _id }) => _id));
    },
    async findMany(ids, { contentsOf }) {
      const full = new Set(contentsOf);
      const basic = ids.filter((id) => !full.has(id));
      const found = [...(await read([...full], {})), ...(await read(basic, { content: 0 }))];
      return new Map(found.map((document) => [document._id, toPost(document)]));
    },
    async updateMany(revisions) {
      if (revisions.length === 0) return;
      const updates = revisions.map((revision) => ({
        updateOne: {
          filter: { _id: revision.before.id, version: revision.before.version },
          update: { $set: toChanges(revision) },
        },
      }));
      const { matchedCount } = await posts.bulkWrite(updates, options());
      if (matchedCount < updates.length) throw changedSince();
    },
  };
}

function changedSince(): TandemError {
  return new TandemError('ETAG_MISMATCH', 'The post changed since it was read. Read it and decide again.');
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
