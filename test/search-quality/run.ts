/**
 * `npm run search-quality -- FOLDER…`: loads each test collection (docs.jsonl, queries.jsonl, qrels.tsv) through the API
 * into a fresh database, runs its queries through SearchPosts, and prints how good the hits are, beside MongoDB's own
 * text search and beside a BM25 in memory, step by step, each with what it gave.
 */
import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createPostsClient, type PostsClient } from '@tandem/contracts';
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
import { indexPlainText, rankByTextScore, walkWord } from './plain-text.ts';
import { createReference } from './reference-bm25.ts';
import { loadCollection, searchThroughApi, withoutSigns } from './search-through-api.ts';

const keptFiguresMs = 6_000;
const bare = { k1: 1.2, b: 0.75, stems: false, stops: false, titleWeight: 1, repeats: false };
const whole = { k1: 1.5, b: 0.6, stems: true, stops: true, repeats: true, titleWeight: 3 };
const steps = [
  ['BM25 (1.2, .75) on words as they stand', bare],
  ['+ stems (Porter2)', { ...bare, stems: true }],
  ['+ stop words left out', { ...bare, stems: true, stops: true }],
  ['+ repeated words of the query count', { ...bare, stems: true, stops: true, repeats: true }],
  ['+ k1 1.5', { ...bare, stems: true, stops: true, repeats: true, k1: 1.5 }],
  ['+ BM25F: title × 3, b .6', whole],
] as const;
const candidateSteps = [300, 100, 30] as const;
const nameWidth = 54;

async function measureCollection(folder: string, serverUrl: string): Promise<void> {
  await using resources = new AsyncDisposableStack();
  const collection = await readCollection(folder);
  const url = nameDatabase({ serverUrl, name: `tandem_quality_${randomBytes(6).toString('hex')}` });
  const mongo = new MongoClient(url);
  resources.defer(() => mongo.close());
  resources.defer(async () => void (await mongo.db().dropDatabase()));
  await migratePosts({ url });
  const { documents, queries } = collection;
  const signed = queries.filter(({ text }) => withoutSigns(text) !== text).length;
  console.log(`\n${basename(folder)}: ${documents.length} documents, ${queries.length} judged queries`);
  console.log(`${'order'.padEnd(nameWidth)} nDCG@10   MAP@100   recall@100  nDCG@10 it gave`);
  await reportPlain(mongo, collection);
  const client = await serve(url, { mongo, collection, resources });
  await report(
    'SearchPosts, the words of the queries',
    collection,
    searchThroughApi({ client, documents, write: withoutSigns }),
  );
  await report(
    'SearchPosts, the queries as they stand',
    collection,
    searchThroughApi({ client, documents, write: (text) => text }),
  );
  console.log(describeQueries({ signed, all: queries.length }));
}

/** What is compared with, step by step. */
async function reportPlain(mongo: MongoClient, collection: Collection): Promise<void> {
  const { documents } = collection;
  const indexes = new Map<number, Awaited<ReturnType<typeof indexPlainText>>>();
  for (const titleWeight of [10, 3, 1]) {
    const plain = await indexPlainText(mongo.db(), { documents, titleWeight });
    indexes.set(titleWeight, plain);
    await report(`MongoDB $text, title ${titleWeight} : content 1`, collection, rankByTextScore(plain));
  }
  let before: Measures | undefined;
  for (const [name, step] of steps) before = await report(name, collection, createReference(documents, step), before);
  const weighed = indexes.get(3);
  if (weighed === undefined) return;
  for (const limit of candidateSteps) {
    const ranking = createReference(documents, whole, walkWord(weighed, limit));
    await report(`… of each word's ${limit} posts of most weight only`, collection, ranking, before);
  }
}

function describeQueries({ signed, all }: { signed: number; all: number }): string {
  return (
    `${signed} of the ${all} queries have quotes, asterisks or dashes before words. They were written for people: all lines but the last ` +
    'send their words alone. As they stand, what is in quotes must stand in a post, word for word, as it is for who types them into a search box.'
  );
}

interface Serving {
  readonly mongo: MongoClient;
  readonly collection: Collection;
  readonly resources: AsyncDisposableStack;
}

/** A posts service on this database, with the collection in it. */
async function serve(url: string, { mongo, collection: { documents }, resources }: Serving): Promise<PostsClient> {
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
  return client;
}

/**
 * What ranking knows of all posts is counted in the background, and kept by the service for some seconds. Without its counts
 * it counts all posts anew, which is quicker than what it was doing: adding them as they came.
 */
async function waitForFigures(mongo: MongoClient, posts: number): Promise<void> {
  const statistics = mongo.db().collection<{ _id: string; posts: number }>('search_statistics');
  await statistics.deleteOne({ _id: 'counts' });
  const counted = async () => (await statistics.findOne({ _id: 'counts' }))?.posts === posts;
  if (!(await holdsWithin(counted, { timeoutMs: 600_000 })))
    throw new Error('The posts were not counted in ten minutes.');
  await pause(keptFiguresMs);
}

async function report(name: string, { queries }: Collection, rank: Ranking, before?: Measures): Promise<Measures> {
  const measures = await measureRanking(queries, rank);
  const figures = (['ndcg10', 'map', 'recall100'] as const satisfies readonly (keyof Measures)[]).map((measure) =>
    measures[measure].toFixed(3).replace(/^0/, '').padEnd(9),
  );
  const gave = before === undefined ? '' : (measures.ndcg10 - before.ndcg10).toFixed(3).replace(/^(-?)0/, '$1');
  console.log(`${name.padEnd(nameWidth)} ${figures.join(' ')}   ${gave}`.trimEnd());
  return measures;
}

const folders = process.argv.slice(2);
if (folders.length === 0) {
  console.error('usage: npm run search-quality -- FOLDER…   (each with docs.jsonl, queries.jsonl and qrels.tsv)');
  process.exit(1);
}
await using stack = await startDevStack({ log: (line) => console.error(line) });
for (const folder of folders) await measureCollection(folder, stack.postsDatabaseUrl);
