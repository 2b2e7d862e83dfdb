import { TandemError } from '@tandem/rpc';
import type { ClientSession, Collection } from 'mongodb';
import { authorEnded } from '../domain/author-refusal.ts';
import type { FullPost, Post, PostRevision } from '../domain/post.ts';
import { makeSearchFields } from './analysis/make-search-fields.ts';
import type { AuthorWriter } from './author-store.ts';
import { isLongText } from './long-text.ts';
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
import type { SearchFields } from './search-fields.ts';
import type { PostWriter, StoreCall } from './store.ts';

export interface PostWriterScope {
  readonly session: ClientSession | undefined;
  readonly call: StoreCall;
  readonly authors: Pick<AuthorWriter, 'admit'>;
  /** Told of posts that may have to be indexed when all that is written here is there, as those with long texts. */
  readonly indexLater: (id: string) => void;
}

/** Errors other than a taken id pass as they are: the transaction must see whether it may run again. */
export function createPostWriter(
  posts: Collection<PostDocument>,
  { session, call, authors, indexLater }: PostWriterScope,
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
  const toDocuments = async (several: readonly FullPost[]): Promise<PostDocument[]> => {
    const fields = await indexShort(several);
    for (const { id } of several) if (!fields.has(id)) indexLater(id);
    return several.map((post) => toDocument(post, fields.get(post.id)));
  };
  const toUpdates = async (revisions: readonly PostRevision[]) => {
    const changed = revisions.filter(changesText);
    const fields = await indexShort(changed.filter(isShort).map(({ after }) => withContent(after)));
    const later = new Set(changed.map(({ after }) => after.id).filter((id) => !fields.has(id)));
    for (const id of later) indexLater(id);
    return revisions.map((revision) => {
      const { id, version } = revision.before;
      const $set = { ...toChanges(revision), ...fields.get(id) };
      const update = later.has(id) ? { $set, $unset: { vector: true as const } } : { $set };
      return { updateOne: { filter: { _id: id, version }, update } };
    });
  };
  return {
    async find(_id) {
      const found = await posts.findOne({ _id }, { ...options(), projection: withoutSearchFields });
      return found === null ? undefined : toFullPost(found);
    },
    async insert(post) {
      await admitAuthors(authors, [post]);
      const [document = toDocument(post, undefined)] = await toDocuments([post]);
      await refusingTakenIds(() => posts.insertOne(document, options()));
    },
    async insertMany(several) {
      if (several.length === 0) return;
      await admitAuthors(authors, several);
      const documents = await toDocuments(several);
      await refusingTakenIds(() => posts.insertMany(documents, options()));
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
      const updates = await toUpdates(await withContents(revisions));
      const { matchedCount } = await posts.bulkWrite(updates, options());
      if (matchedCount < updates.length) throw changedSince();
    },
    keep: indexLater,
    async delete({ id, version }) {
      const { deletedCount } = await posts.deleteOne({ _id: id, version }, options());
      if (deletedCount === 0) throw changedSince();
    },
  };
}

/** The search fields of those posts that have no long text, by id. */
async function indexShort(posts: readonly FullPost[]): Promise<Map<string, SearchFields>> {
  const short = posts.filter(({ content }) => !isLongText(content));
  const fields = await makeSearchFields(short);
  return new Map(fields.map((made, index) => [short[index]?.id ?? '', made]));
}

/** Old words are taken out of the index as new ones are put in. */
function isShort({ before }: PostRevision): boolean {
  return !isLongText(before.content ?? '');
}

function withContent(post: Post): FullPost {
  const { content } = post;
  if (content === undefined) throw new Error('A text is analysed as a whole, and the content was not read.');
  return { ...post, content };
}

async function admitAuthors(authors: Pick<AuthorWriter, 'admit'>, posts: readonly FullPost[]): Promise<void> {
  const [ended] = await authors.admit(posts.map(({ authorId }) => authorId));
  if (ended !== undefined) throw authorEnded(ended);
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
