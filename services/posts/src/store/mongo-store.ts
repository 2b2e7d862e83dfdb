import { AnswerRecorded, type CallBounds, TandemError } from '@tandem/rpc';
import type { ClientSession, MongoClient } from 'mongodb';
import { makeSearchFields } from './analysis/make-search-fields.ts';
import { indexPosts, unindexPost } from './index-posts.ts';
import { createJointReader } from './joint-reads.ts';
import { isLongText } from './long-text.ts';
import { createAuthorWriter, createLoneAuthorWriter } from './mongo-authors.ts';
import { timeLeft } from './mongo-bounds.ts';
import { translating } from './mongo-errors.ts';
import { createClaimWriter, createIdempotencyRecords } from './mongo-idempotency.ts';
import { createInvalidationWriter } from './mongo-invalidations.ts';
import { createLonePostWriter } from './mongo-lone-post-writer.ts';
import { createPostChanges } from './mongo-post-changes.ts';
import type { PostDocument } from './mongo-post-document.ts';
import { createPostWriter } from './mongo-post-writer.ts';
import { createPostReader } from './mongo-posts.ts';
import { createReservationWriter, findHeldIds } from './mongo-reservations.ts';
import { createPostSearch } from './mongo-search.ts';
import { createSearchStatistics } from './mongo-search-statistics.ts';
import { createSearchVocabulary } from './mongo-search-vocabulary.ts';
import { createClaimedRunner, createTransactionRunner } from './mongo-transaction.ts';
import type { SearchStatistics } from './search-statistics.ts';
import { createCountsReader } from './statistics/counts-reader.ts';
import { openStatistics } from './statistics/statistics-collections.ts';
import { type PostStore, TransactionEnded } from './store.ts';
import { Turns } from './turns.ts';

/**
 * The posts store over a client, which it owns: disposing closes it.
 *
 * @param options.statistics what ranking knows of all posts; default what the keeper of the statistics has counted
 */
export function createMongoStore(
  client: MongoClient,
  { statistics }: { statistics?: SearchStatistics } = {},
): PostStore {
  const db = client.db();
  const posts = db.collection<PostDocument>('posts');
  const collections = openStatistics(client);
  const turns = new Turns();
  const run = createTransactionRunner(client);
  const claims = createClaimWriter(db);
  const runClaimed = createClaimedRunner({ run, claims });
  const readCounts = createCountsReader(collections);
  const readJointly = createJointReader(db);
  const figures = statistics ?? createSearchStatistics({ collections, readCounts, readJointly });
  const index = async (ids: readonly string[], call: CallBounds) => {
    try {
      await translating(() => indexPosts(posts, ids, () => timeLeft(call)));
    } catch (error) {
      throw error instanceof TransactionEnded ? writtenUnindexed(error) : error;
    }
  };
  const records = createIdempotencyRecords({ db, claims, run, index });
  const reader = createPostReader(posts);
  return {
    reader,
    strongReader: reader,
    eventualReader: createPostReader(db.collection('posts', { readPreference: 'secondaryPreferred' })),
    vocabulary: createSearchVocabulary({ collections, statistics: figures, readCounts }),
    changes: createPostChanges(posts),
    search: createPostSearch({ posts, statistics: figures, readJointly }),
    records,
    async transaction(call, work, { inTurnFor = [] } = {}) {
      const later = new Set<string>();
      const indexLater = (id: string) => void later.add(id);
      const workWithin = (session: ClientSession) => {
        const authors = createAuthorWriter(db, { session, call });
        const reservations = createReservationWriter(db, { session, call });
        return work({
          posts: createPostWriter(posts, { session, call, authors, indexLater }),
          authors,
          reservations,
          invalidations: createInvalidationWriter(db, { session, call }),
        });
      };
      try {
        const result = await turns.run(inTurnFor, call, () => runClaimed(call, workWithin, later));
        await index([...later], call);
        return result;
      } catch (error) {
        if (error instanceof AnswerRecorded && call.claim !== undefined) await records.find(call.claim, call);
        throw error;
      }
    },
    async withoutTransaction(call, work) {
      const later = new Set<string>();
      const indexLater = (id: string) => void later.add(id);
      const authors = createLoneAuthorWriter(db, { run, call });
      const reservations = { findHeld: (ids: readonly string[]) => findHeldIds(db, ids, { call }) };
      const writer = createLonePostWriter(posts, { call, authors, indexLater });
      const invalidations = createInvalidationWriter(db, { call });
      const result = await translating(() => work({ posts: writer, authors, reservations, invalidations }));
      await index([...later], call);
      return result;
    },
    unindex: (post, call) => translating(() => unindexPost(posts, post, timeLeft(call))),
    prepare: async (texts) => void (await makeSearchFields(texts.filter(({ content }) => !isLongText(content)))),
    // Findable under a majority: what a primary without one could still do is not enough to serve.
    probe: (signal) =>
      translating(async () => {
        await posts.findOne({}, { projection: { _id: 1 }, maxTimeMS: 1_000, signal });
      }),
    [Symbol.asyncDispose]: () => client.close(),
  };
}

/** What is written must not be taken for a change that was not made. */
function writtenUnindexed(cause: TransactionEnded): TandemError {
  return new TandemError(
    'STORE_UNAVAILABLE',
    'The post is written, but the database has no room now to index so many different words. Send the same again a little later, or write fewer words.',
    { cause },
  );
}
