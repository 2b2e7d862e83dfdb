import { randomUUID } from 'node:crypto';
import { Binary, type Collection } from 'mongodb';
import { beforeAll, expect, it } from 'vitest';
import type { SearchOrder } from '../domain/search.ts';
import { createJointReader } from './joint-reads.ts';
import { type PostDocument, toDocument } from './mongo-post-document.ts';
import { createPostSearch } from './mongo-search.ts';
import type { SearchStatistics } from './search-statistics.ts';
import { createCountingStatistics } from './testing/counting-statistics.ts';
import { findIds, prepareSearch } from './testing/search-calls.ts';
import { makePost, toIndexedDocument } from './testing/store-calls.ts';
import { usePostsStore } from './testing/use-posts-store.ts';

const { store, direct } = await usePostsStore();
const posts: Collection<PostDocument> = direct.db().collection('posts');
const author = randomUUID();
const leek = { title: 'Leek soup', content: 'leek', authorId: author };
const neverPublished = { published: false, publishTime: undefined };

const [indexed, draft, ofOtherLanguage] = [leek, { ...leek, ...neverPublished }, { ...leek, language: 'xx' }].map(
  (fields) => toIndexedDocument(makePost(fields)),
);
const whole = toIndexedDocument(makePost(leek));
const { vector: _vector, ...changed } = whole;
const odd: Record<string, PostDocument> = {
  'from before search': toDocument(makePost(leek), undefined),
  'from before search, never published': toDocument(makePost({ ...leek, ...neverPublished }), undefined),
  'whose text is newer than what it was found by': { ...changed, _id: randomUUID() },
  'with a vector of nothing': { ...whole, _id: randomUUID(), vector: new Binary(new Uint8Array(0)) },
  'with a vector that is cut short': { ...whole, _id: randomUUID(), vector: new Binary(Uint8Array.of(1, 0, 0)) },
};
const sound = [indexed, draft, ofOtherLanguage].flatMap((document) => document ?? []);
const soundIds = sound.map(({ _id }) => _id).sort();

beforeAll(async () => {
  await posts.insertMany([...sound, ...Object.values(odd)]);
});

/** By which each word is one that very many posts have: then posts are walked in the order of their times. */
const counting = createCountingStatistics(posts);
const statistics: SearchStatistics = {
  ...counting,
  async read(terms, call) {
    return { ...(await counting.read(terms, call)), frequencies: new Map(terms.map((term) => [term, 100_000])) };
  },
};
const walking = { search: createPostSearch({ posts, statistics, readJointly: createJointReader(direct.db()) }) };

const orders: SearchOrder[] = [
  { field: 'relevance', descending: true },
  { field: 'create_time', descending: false },
  { field: 'publish_time', descending: true },
  { field: 'publish_time', descending: false },
];
const queries = ['leek', '"leek soup"', `leek -author:${randomUUID()}`, `author:${author} leek`, 'leek sou*'];

it.each(orders.flatMap((order) => queries.map((text) => ({ text, order }))))(
  'posts that cannot be ranked are passed over, and fail no search: $text by $order.field',
  async ({ text, order }) => {
    for (const searched of [store, walking]) {
      expect((await findIds(searched, text, { order })).sort()).toEqual(soundIds);
      const search = await prepareSearch(searched, text, { order });
      expect(await search.count()).toEqual({ value: soundIds.length, exact: true });
    }
  },
);

it('the collection takes no post without a language', async () => {
  await expect(posts.insertOne({ ...whole, _id: randomUUID(), language: '' })).rejects.toThrow('validation');
});
