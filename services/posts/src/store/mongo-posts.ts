import DataLoader from 'dataloader';
import type { Collection, FindOptions } from 'mongodb';
import type { FullPost, PostFilter } from '../domain/post.ts';
import { boundsOf, timeLeft } from './mongo-bounds.ts';
import { translateError, translating } from './mongo-errors.ts';
import {
  orderKeys,
  type PostDocument,
  toFullPost,
  toPosition,
  toPost,
  withContentUpTo,
  withoutContent,
  withoutSearchFields,
} from './mongo-post-document.ts';
import { type PageMatch, toMatch, toPageMatch } from './mongo-post-filter.ts';
import { readPostStats } from './mongo-post-stats.ts';
import type { ListedPost, PostExport, PostListing, PostReader, PostSelection, StoreCall } from './store.ts';

const maxPointReads = 64;
const fullBatchSize = 100;

type Posts = Collection<PostDocument>;

export function createPostReader(posts: Posts): PostReader {
  const pointReads = batchPointReads(posts);
  return {
    get: async (id, { deadline }) => pointReads.load({ id, deadline }),
    select: (selection, call) => selectPosts(posts, selection, call),
    list: (listing, call) => listPosts(posts, listing, call),
    export: (wanted, call) => exportPosts(posts, wanted, call),
    count: (filter, call) => countPosts(posts, filter, call),
    stats: (counting, call) => readPostStats(posts, counting, call),
    measure: (ids, call) => measurePosts(posts, ids, call),
  };
}

interface PointRead {
  readonly id: string;
  readonly deadline: number;
}

type PointAnswer = PromiseWithResolvers<FullPost | undefined>;

/**
 * The point reads of one turn of the event loop are one statement. Each is answered when its post comes: posts may be of
 * 1 MiB, and the memory need not hold all of them before the first can go.
 */
function batchPointReads(posts: Posts): DataLoader<PointRead, Promise<FullPost | undefined>> {
  const load = async (reads: readonly PointRead[]) => {
    const answers = new Map<string, PointAnswer>(reads.map(({ id }) => [id, Promise.withResolvers()]));
    void answerPointReads(posts, answers, Math.max(...reads.map(({ deadline }) => deadline)));
    return reads.flatMap(({ id }) => answers.get(id)?.promise ?? []);
  };
  return new DataLoader(load, {
    cache: false,
    maxBatchSize: maxPointReads,
    batchScheduleFn: (dispatch) => void setImmediate(dispatch),
  });
}

/** Never throws: what fails is the answer of all that have none yet. */
async function answerPointReads(
  posts: Posts,
  answers: ReadonlyMap<string, PointAnswer>,
  deadline: number,
): Promise<void> {
  try {
    const cursor = posts.find(
      { _id: { $in: [...answers.keys()] } },
      { ...timeLeft({ deadline }), projection: withoutSearchFields },
    );
    for await (const document of cursor) answers.get(document._id)?.resolve(toFullPost(document));
    for (const { resolve } of answers.values()) resolve(undefined);
  } catch (error) {
    for (const { reject } of answers.values()) reject(translateError(error));
  }
}

async function* selectPosts(posts: Posts, selection: PostSelection, call: StoreCall) {
  const cursor = posts.find(
    { _id: { $in: [...selection.ids] } },
    {
      ...boundsOf(call),
      projection: projectionOf(selection),
      ...(selection.withContent ? { batchSize: fullBatchSize } : {}),
      ...(selection.snapshot ? { readConcern: { level: 'snapshot' } } : {}),
    },
  );
  try {
    for await (const document of cursor) yield toPost(document);
  } catch (error) {
    throw translateError(error);
  }
}

function projectionOf({ withContent, maxContentBytes }: PostSelection) {
  if (!withContent) return withoutContent;
  return maxContentBytes === undefined ? withoutSearchFields : withContentUpTo(maxContentBytes);
}

async function* listPosts(posts: Posts, listing: PostListing, call: StoreCall): AsyncGenerator<ListedPost> {
  const page = toPageMatch(listing.filter, listing);
  if (page === undefined) return;
  const { match, options } = findSpec(page, listing);
  const cursor = posts.find(match, { ...options, ...boundsOf(call) });
  const { field } = listing.order;
  try {
    for await (const document of cursor) yield { post: toPost(document), position: toPosition(document, field) };
  } catch (error) {
    throw translateError(error);
  }
}

/** The statement that a page is read by, but for the call's bounds. */
export function findSpec(
  { match, index }: PageMatch,
  { order, limit, withContent }: Pick<PostListing, 'order' | 'limit' | 'withContent'>,
): { match: PageMatch['match']; options: FindOptions } {
  const direction = order.descending ? -1 : 1;
  const options: FindOptions = {
    sort: { [orderKeys[order.field]]: direction, _id: direction },
    limit,
    batchSize: withContent ? Math.min(limit, fullBatchSize) : limit,
    ...(index === undefined ? {} : { hint: index }),
    projection: withContent ? withoutSearchFields : withoutContent,
  };
  return { match, options };
}

async function* exportPosts(posts: Posts, wanted: PostExport, call: StoreCall): AsyncGenerator<FullPost> {
  const spec = exportSpec(wanted);
  if (spec === undefined) return;
  const cursor = posts.find(spec.match, { ...spec.options, readConcern: { level: 'snapshot' }, ...boundsOf(call) });
  try {
    for await (const document of cursor) yield toFullPost(document);
  } catch (error) {
    throw translateError(error);
  }
}

/** The statement that a chunk is read by, but for the call's bounds. Undefined when no post can match. */
export function exportSpec({ filter, afterId, limit }: PostExport) {
  const match = toMatch(filter);
  if (match === undefined) return undefined;
  // Where the filter lets few through, the server may find them by another index and sort them.
  const options: FindOptions = { sort: { _id: 1 }, limit, batchSize: Math.min(limit, fullBatchSize) };
  return { match: afterId === undefined ? match : { ...match, _id: { $gt: afterId } }, options };
}

async function countPosts(posts: Posts, filter: PostFilter, call: StoreCall): Promise<number> {
  const match = toMatch(filter);
  return match === undefined ? 0 : translating(() => posts.countDocuments(match, boundsOf(call)));
}

async function measurePosts(posts: Posts, ids: readonly string[], call: StoreCall): Promise<Map<string, number>> {
  const projection = { bytes: { $strLenBytes: '$content' } };
  const measured = await translating(() =>
    posts.find<MeasuredDocument>({ _id: { $in: [...ids] } }, { ...boundsOf(call), projection }).toArray(),
  );
  return new Map(measured.map(({ _id, bytes }) => [_id, bytes]));
}

interface MeasuredDocument {
  readonly _id: string;
  readonly bytes: number;
}
