import { TandemError } from '@tandem/rpc';
import type { ClientSession, Collection } from 'mongodb';
import type { FullPost, PostRevision } from '../domain/post.ts';
import type { AuthorWriter } from './author-store.ts';
import { timeLeft } from './mongo-bounds.ts';
import { isDuplicateKey } from './mongo-errors.ts';
import {
  changesText,
  type PostDocument,
  type ReadDocument,
  toChanges,
  toDocument,
  toFullPost,
  toPost,
  withoutContent,
  withoutSearchFields,
} from './mongo-post-document.ts';
import type { PostWriter, StoreCall } from './store.ts';

/** Errors other than a taken id pass as they are: the transaction must see whether it may run again. */
export function createPostWriter(
  posts: Collection<PostDocument>,
  {
    session,
    call,
    authors,
  }: { session: ClientSession | undefined; call: StoreCall; authors: Pick<AuthorWriter, 'admit'> },
): PostWriter {
  const options = () => ({ ...(session === undefined ? {} : { session }), ...timeLeft(call) });
  const read = async (
    ids: readonly string[],
    projection: typeof withoutContent | typeof withoutSearchFields,
  ): Promise<ReadDocument[]> =>
    ids.length === 0 ? [] : posts.find({ _id: { $in: [...ids] } }, { ...options(), projection }).toArray();
  /** Gives revisions that change a text the content that was not read: a post is analysed as a whole. */
  const withContents = async (revisions: readonly PostRevision[]): Promise<PostRevision[]> => {
    const lacking = revisions.filter((revision) => revision.after.content === undefined && changesText(revision));
    const found = await read(
      lacking.map(({ after }) => after.id),
      withoutSearchFields,
    );
    const contents = new Map(found.map(({ _id, content }) => [_id, content]));
    return revisions.map(({ before, after }) => {
      const content = contents.get(after.id);
      return content === undefined
        ? { before, after }
        : { before: { ...before, content }, after: { ...after, content } };
    });
  };
  return {
    async find(_id) {
      const found = await posts.findOne({ _id }, { ...options(), projection: withoutSearchFields });
      return found === null ? undefined : toFullPost(found);
    },
    async insert(post) {
      await admitAuthors(authors, [post]);
      await refusingTakenIds(() => posts.insertOne(toDocument(post), options()));
    },
    async insertMany(several) {
      if (several.length === 0) return;
      await admitAuthors(authors, several);
      await refusingTakenIds(() => posts.insertMany(several.map(toDocument), options()));
    },
    async findIds(ids) {
      const found = await posts.find({ _id: { $in: [...ids] } }, { ...options(), projection: { _id: 1 } }).toArray();
      return new Set(found.map(({ _id }) => _id));
    },
    async findMany(ids, { contentsOf }) {
      const full = new Set(contentsOf);
      const basic = ids.filter((id) => !full.has(id));
      const found = [...(await read([...full], withoutSearchFields)), ...(await read(basic, withoutContent))];
      return new Map(found.map((document) => [document._id, toPost(document)]));
    },
    async updateMany(revisions) {
      if (revisions.length === 0) return;
      const updates = (await withContents(revisions)).map((revision) => ({
        updateOne: {
          filter: { _id: revision.before.id, version: revision.before.version },
          update: { $set: toChanges(revision) },
        },
      }));
      const { matchedCount } = await posts.bulkWrite(updates, options());
      if (matchedCount < updates.length) throw changedSince();
    },
    async delete({ id, version }) {
      const { deletedCount } = await posts.deleteOne({ _id: id, version }, options());
      if (deletedCount === 0) throw changedSince();
    },
  };
}

async function admitAuthors(authors: Pick<AuthorWriter, 'admit'>, posts: readonly FullPost[]): Promise<void> {
  const [ended] = await authors.admit(posts.map(({ authorId }) => authorId));
  if (ended !== undefined) throw authorEnded(ended);
}

export function authorEnded(id: string): TandemError {
  return new TandemError('AUTHOR_NOT_FOUND', `author_id: the user ${id} was deleted and can have no new post.`, {
    metadata: { author_id: id },
  });
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
