/**
 * `npm run search-quality -- FOLDER…`: loads each test collection (docs.jsonl, queries.jsonl, qrels.tsv) through the API
 * into a fresh database, runs its queries through SearchPosts, and prints how good the hits are, beside MongoDB's own
 * text search and beside a BM25 in memory, step by step.
 */
import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createPostsClient } from '@tandem/contracts';
import { holdsWithin, startDevStack } from '@tandem/dev-stack';
import { migratePosts } from '@tandem/migrations';
import { formatAddress } from '@tandem/rpc';
import { MongoClient } from 'mongodb';
import { startPosts } from '../../services/posts/src/app.ts';
import { readPostsConfig } from '../../services/posts/src/config.ts';
import { startUsersStub } from '../../services/posts/src/testing/users-stub.ts';
import { nameDatabase } from '../support/database-urls.ts';
import { type Collection, readCollection } from './collection.ts';
import { type Measures, measureRanking, type Ranking } from './measures.ts';
import { createPlainText } from './plain-text.ts';
import { createReference } from './reference-bm25.ts';
import { loadCollection, searchThroughApi } from './search-through-api.ts';

const keptFiguresMs = 6_000;
const bare = { k1: 1.2, b: 0.75, stems: false, stops: false, titleWeight: 1, repeats: false };
const steps = [
  ['BM25 (1.2, .75) on words as they stand', bare],
  ['+ stems (Porter2)', { ...bare, stems: true }],
  ['+ stop words left out', { ...bare, stems: true, stops: true }],
  ['+ repeated words of the query count', { ...bare, stems: true, stops: true, repeats: true }],
  ['+ k1 1.5', { ...bare, stems: true, stops: true, repeats: true, k1: 1.5 }],
  ['+ BM25F: title × 3, b .6', { k1: 1.5, b: 0.6, stems: true, stops: true, repeats: true, titleWeight: 3 }],
] as const;

async function measureCollection(folder: string, serverUrl: string): Promise<void> {
  await using resources = new AsyncDisposableStack();
  const collection = await readCollection(folder);
  const url = nameDatabase({ serverUrl, name: `tandem_quality_${randomBytes(6).toString('hex')}` });
  const mongo = new MongoClient(url);
  resources.defer(() => mongo.close());
  resources.defer(async () => void (await mongo.db().dropDatabase()));
  await migratePosts({ url });
  const { documents, queries } = collection;
  console.log(`\n${basename(folder)}: ${documents.length} documents, ${queries.length} judged queries`);
  console.log(`${'order'.padEnd(44)} nDCG@10   MAP@100   recall@100`);
  for (const titleWeight of [10, 3]) {
    const plain = await createPlainText(mongo.db(), { documents, titleWeight });
    await report(`MongoDB $text, title ${titleWeight} : content 1`, collection, plain);
  }
  for (const [name, step] of steps) await report(name, collection, createReference(documents, step));
  await report('SearchPosts', collection, await serve(url, { mongo, collection, resources }));
}

interface Serving {
  readonly mongo: MongoClient;
  readonly collection: Collection;
  readonly resources: AsyncDisposableStack;
}

/** A posts service on this database, with the collection in it. */
async function serve(url: string, { mongo, collection: { documents }, resources }: Serving): Promise<Ranking> {
  const users = resources.use(await startUsersStub());
  const service = await startPosts(
    readPostsConfig({
      POSTS_DATABASE_URL: url,
      USERS_TARGET: users.target,
      POSTS_LISTEN: '127.0.0.1:0',
      POSTS_EDGE_LISTEN: '127.0.0.1:0',
      LOG_LEVEL: 'error',
    }),
  );
  resources.use(service);
  const client = resources.use(createPostsClient(formatAddress(service.grpc)));
  await loadCollection(client, { documents, authorId: users.addAuthor() });
  await waitForFigures(mongo, documents.length);
  return searchThroughApi(client, documents);
}

/** What ranking knows of all posts is counted in the background, and kept by the service for some seconds. */
async function waitForFigures(mongo: MongoClient, posts: number): Promise<void> {
  const statistics = mongo.db().collection<{ _id: string; posts: number }>('search_statistics');
  const counted = async () => (await statistics.findOne({ _id: 'counts' }))?.posts === posts;
  if (!(await holdsWithin(counted, { timeoutMs: 120_000 })))
    throw new Error('The posts were not counted in two minutes.');
  await pause(keptFiguresMs);
}

async function report(name: string, { queries }: Collection, rank: Ranking): Promise<void> {
  const measures = await measureRanking(queries, rank);
  const figures = (['ndcg10', 'map', 'recall100'] as const satisfies readonly (keyof Measures)[]).map((measure) =>
    measures[measure].toFixed(3).replace(/^0/, '').padEnd(9),
  );
  console.log(`${name.padEnd(44)} ${figures.join(' ').trimEnd()}`);
}

const folders = process.argv.slice(2);
if (folders.length === 0) {
  console.error('usage: npm run search-quality -- FOLDER…   (each with docs.jsonl, queries.jsonl and qrels.tsv)');
  process.exit(1);
}
await using stack = await startDevStack({ log: (line) => console.error(line) });
for (const folder of folders) await measureCollection(folder, stack.postsDatabaseUrl);
