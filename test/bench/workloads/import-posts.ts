import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { ImportPostsRequestSchema, ImportPostsResponseSchema, OnDuplicate } from '@tandem/contracts/posts';
import { waitUntil } from '@tandem/dev-stack';
import type { FullPost } from '../../../services/posts/src/domain/post.ts';
import { insertBare } from '../posts/insert-bare.ts';
import { makePosts } from '../posts/make-posts.ts';
import { nameSetUrl } from '../posts/post-sets.ts';
import { tandemPosts } from '../servers/programs.ts';
import type { BenchStores } from '../stores/bench-stores.ts';
import { useMongo } from '../stores/use-mongo.ts';
import type { LoadRequest, RequestSource, Workload } from '../workload.ts';

const rowsPerMessage = 1_000;
const countedWithinMs = 300_000;

/** Posts of the length of those that are searched, and of CACM's (`npm run search-quality`). */
export const importPosts: readonly Workload[] = [
  importOf({ name: 'ImportPosts 100 words', meanWords: 100 }),
  importOf({ name: 'ImportPosts 50 words', meanWords: 50 }),
];

function importOf({ name, meanWords }: { name: string; meanWords: number }): Workload {
  const make = ({ users, random, posts }: RequestSource) => {
    const seed = Math.floor(random() * 0xfff);
    return [...makePosts({ count: countRows({ posts }), meanWords, users, seed })];
  };
  return {
    name,
    notes: [
      `${name}: rows a second, a fortieth as many as there are posts, in one stream of ${rowsPerMessage} rows a message; each window adds to what ` +
        'the ones before have brought. "text index": the same texts inserted by the driver, 200 at once, into a collection with a text index and ' +
        'nothing else; "+ terms and vector": with what search keeps beside the text, made before.',
    ],
    path: '/tandem.posts.v1.PostService/ImportPosts',
    ours: tandemPosts.imports,
    peers: {},
    limits: [
      {
        kind: 'inserts',
        name: 'text index',
        insert: (stores, source) => insertBare(stores, { kind: 'text', posts: make(source) }),
      },
      {
        kind: 'inserts',
        name: '+ terms and vector',
        insert: (stores, source) => insertBare(stores, { kind: 'vector', posts: make(source) }),
      },
    ],
    store: 'mongodb',
    makeRequests: (source) => [makeRequest(make(source))],
    countRows,
    prepareWindow: async (stores) => () => waitUntilCounted(stores),
  };
}

function countRows({ posts }: Pick<RequestSource, 'posts'>): number {
  return Math.ceil(posts / 40);
}

function makeRequest(posts: readonly FullPost[]): LoadRequest {
  const rows = posts.map(({ authorId, title, content, tags, published }) => ({
    authorId,
    title,
    content,
    tags: [...tags],
    published,
  }));
  const message = [encode({ payload: { case: 'options', value: { onDuplicate: OnDuplicate.ERROR } } })];
  for (let first = 0; first < rows.length; first += rowsPerMessage) {
    message.push(encode({ payload: { case: 'rows', value: { rows: rows.slice(first, first + rowsPerMessage) } } }));
  }
  return {
    message,
    findFault(reply) {
      const { imported } = fromBinary(ImportPostsResponseSchema, reply);
      return imported === BigInt(rows.length) ? undefined : `sent ${rows.length} rows, ${imported} were imported`;
    },
  };
}

function encode(message: Parameters<typeof create<typeof ImportPostsRequestSchema>>[1]): Uint8Array {
  return toBinary(ImportPostsRequestSchema, create(ImportPostsRequestSchema, message));
}

/** What is counted behind an import would slow down whatever is measured next. */
function waitUntilCounted(stores: BenchStores): Promise<void> {
  return useMongo(nameSetUrl(stores, { side: 'tandem', set: 'imports' }), async (db) => {
    const posts = await db.collection('posts').estimatedDocumentCount();
    const counts = db.collection<{ _id: string; posts: number }>('search_statistics');
    const isCounted = async () => (await counts.findOne({ _id: 'counts' }))?.posts === posts;
    await waitUntil(isCounted, { timeoutMs: countedWithinMs, pollMs: 200 });
  });
}
