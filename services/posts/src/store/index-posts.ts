import type { Collection } from 'mongodb';
import { analysisVersion } from '../domain/analysis/analyse-text.ts';
import type { SearchedText } from '../domain/search/term-vector.ts';
import { makeSearchFields } from './analysis/make-search-fields.ts';
import { isLongText } from './long-text.ts';
import type { PostDocument } from './mongo-post-document.ts';
import type { SearchFields } from './search-fields.ts';
import type { PostVersion } from './store.ts';

/** What tells whether a post is indexed: its search fields follow from its text, by this release's analysis. */
export interface IndexState {
  readonly search?: { readonly version: number } | undefined;
  readonly hasVector: boolean;
}

/** The projection that reads `hasVector` of a document, or of one at a path of an event. */
export function hasVectorAt(path = ''): object {
  return { $ne: [{ $type: `$${path}vector` }, 'missing'] };
}

export function isIndexed({ search, hasVector }: IndexState): boolean {
  return hasVector && (search?.version ?? 0) >= analysisVersion;
}

const notIndexed = { $or: [{ vector: { $exists: false } }, { 'search.version': { $lt: analysisVersion } }] };

interface ReadPost extends SearchedText, IndexState {
  readonly _id: string;
  readonly version: number;
  readonly update_time: Date;
}

const projection = {
  title: 1,
  tags: 1,
  content: 1,
  language: 1,
  version: 1,
  update_time: 1,
  'search.version': 1,
  hasVector: hasVectorAt(),
};

/**
 * Gives those of these posts that are not indexed their search fields, each by statements of its own that no transaction
 * limits. Nothing that a caller sees of them changes, not even the etag. Whoever else does the same does no harm.
 *
 * @param bounds what each statement is bound by; may throw to end the work
 */
export async function indexPosts(
  posts: Collection<PostDocument>,
  ids: readonly string[],
  bounds: () => { maxTimeMS: number },
): Promise<void> {
  for (const _id of ids) {
    const read = () => posts.findOne<ReadPost>({ _id, ...notIndexed }, { projection, ...bounds() });
    // A post that is changed or deleted meanwhile is not written, as another version was analysed: it is read again.
    for (let post = await read(); post !== null; post = await read()) {
      const [fields] = await makeSearchFields([post]);
      await writeFields(posts, { post, fields, bounds });
    }
  }
}

/** As if this version of the post had never been indexed; of another version nothing is taken. */
export async function unindexPost(
  posts: Collection<PostDocument>,
  { id, version }: PostVersion,
  bounds: { maxTimeMS: number },
): Promise<void> {
  await posts.updateOne({ _id: id, version }, withoutFields, bounds);
}

const withoutFields = { $unset: { search: true, vector: true } } as const;

interface Writing {
  readonly post: ReadPost;
  readonly fields: SearchFields | undefined;
  readonly bounds: () => { maxTimeMS: number };
}

async function writeFields(posts: Collection<PostDocument>, { post, fields, bounds }: Writing): Promise<void> {
  const { _id, version, update_time, search, hasVector, content } = post;
  // Another post may have the id of a deleted one, and begins with the same version.
  const unchanged = { _id, version, update_time, ...notIndexed };
  // By one statement the database takes minutes to replace a MiB of words by others, by two some seconds.
  if (search !== undefined && (!hasVector || isLongText(content))) {
    await posts.updateOne(unchanged, withoutFields, bounds());
  }
  await posts.updateOne(unchanged, { $set: { ...fields } }, bounds());
}
