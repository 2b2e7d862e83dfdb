import { randomUUID } from 'node:crypto';
import { makeCall } from '@tandem/rpc/testing';
import type { Collection } from 'mongodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { createJointReader, type JointRead, type ReadJointly } from './joint-reads.ts';
import type { PostDocument } from './mongo-post-document.ts';
import { createPostSearch } from './mongo-search.ts';
import { readCandidate } from './mongo-search-candidate.ts';
import { languageStages } from './mongo-search-languages.ts';
import { createTermReader, isOrderedWalk, matchTerm, type TermWalk, walkStages } from './mongo-search-walk.ts';
import { type SearchBounds, searchBounds } from './search-bounds.ts';
import type { SearchPage } from './store.ts';
import { createCountingStatistics } from './testing/counting-statistics.ts';
import { prepareSearch } from './testing/search-calls.ts';
import { makePost, toIndexedDocument } from './testing/store-calls.ts';
import { usePostsStore } from './testing/use-posts-store.ts';

const { store, direct } = await usePostsStore();
const posts: Collection<PostDocument> = direct.db().collection('posts');
const readJointly = createJointReader(direct.db());
const rareAuthor = randomUUID();

/** 6,500 posts that all have `common`, more or less of it; every tenth has `usual`, two have `rare`. */
const documents = Array.from({ length: 6_500 }, (_, index) =>
  toIndexedDocument(
    makePost({
      ...(index % 900 === 7 ? { authorId: rareAuthor } : {}),
      title: index % 100 === 3 ? 'Common ground' : 'Some title',
      content: [
        ...Array.from({ length: 1 + (index % 7) }, () => 'common'),
        ...Array.from({ length: index % 11 }, (_unused, word) => `filler${word}`),
        ...(index % 10 === 0 ? ['usual phrase'] : ['phrase usually']),
        ...(index % 3_000 === 5 ? ['rare'] : []),
      ].join(' '),
      tags: index % 500 === 0 ? ['seldom'] : [],
      createTime: 1_700_000_000_000 + index * 1000,
      publishTime: 1_700_000_000_000 + index * 1000,
    }),
  ),
);
beforeAll(async () => {
  for (let begin = 0; begin < documents.length; begin += 1_000) {
    await posts.insertMany(documents.slice(begin, begin + 1_000));
  }
}, 60_000);

/** Of `common` in each post. */
async function readWeights(): Promise<Map<string, number>> {
  const projection = { weight: { $meta: 'textScore' } } as const;
  const weights = await posts
    .find<{ _id: string; weight: number }>(matchTerm({ term: 'common', match: {} }), { projection })
    .toArray();
  return new Map(weights.map(({ _id, weight }) => [_id, weight]));
}

const walkOf = ({ match = {}, limit }: { match?: TermWalk['match']; limit: number }): TermWalk => {
  return { term: 'common', match, projection: { vector: 1 }, limit };
};
const walking = { inOrder: true };

const bound = (bounds: Partial<SearchBounds>) =>
  createPostSearch({ posts, statistics: createCountingStatistics(posts), readJointly }, { ...searchBounds, ...bounds });

type After = SearchPage['after'];
const prepare = (text: string, subject = {}, search = store.search) =>
  prepareSearch({ search }, text, { filter: { published: true }, ...subject });

describe('the walk of a word, on the server in use', () => {
  it('reads one index backward, sorts nothing, and stops at the limit', async () => {
    for (const match of [{}, { published: true }, { author_id: rareAuthor, language: 'en' }]) {
      const plan = await posts.aggregate(walkStages(walkOf({ match, limit: 50 }), walking)).explain('executionStats');
      expect(isOrderedWalk(plan.queryPlanner.winningPlan)).toBe(true);
      if ('author_id' in match) continue;
      expect(plan.executionStats.totalDocsExamined).toBeLessThanOrEqual(101);
    }
  });

  it('is in falling order of weight', async () => {
    const weightOf = await readWeights();
    const call = makeCall();
    const read = async (limit: number) => {
      const pipeline = walkStages(walkOf({ limit }), walking);
      const walked = await readJointly({ collection: 'posts', pipeline, limit }, call);
      return walked.map((bytes) => weightOf.get(readCandidate(bytes)._id) ?? Number.NaN);
    };
    // The second is a part of the first one's statement, the third a statement by itself.
    const walks = await Promise.all([read(10), read(300), read(2_000)]);
    expect(walks.map(({ length }) => length)).toEqual([10, 300, 2_000]);
    for (const order of walks) expect(order).toEqual(order.toSorted((a, b) => b - a));
    expect(new Set(walks[2]).size).toBeGreaterThan(5);
  });

  it('that sorts, where the server would not walk in order, begins with the same weights', async () => {
    const read = (inOrder: boolean) => posts.aggregate(walkStages(walkOf({ limit: 60 }), { inOrder })).toArray();
    const [walked, sorted] = await Promise.all([read(true), read(false)]);
    const weightOf = await readWeights();
    const weights = sorted.map(({ _id }) => weightOf.get(_id));
    expect(weights).toHaveLength(60);
    expect(new Set(weights).size).toBeGreaterThan(5);
    expect(walked.map(({ _id }) => weightOf.get(_id))).toEqual(weights);
  });

  it('is told from plans that are none', async () => {
    const sorted = await posts.aggregate(walkStages(walkOf({ limit: 10 }), { inOrder: false })).explain('queryPlanner');
    expect(isOrderedWalk(sorted.queryPlanner.winningPlan)).toBe(false);
    const plain = await posts.find({ title: 'Some title' }).explain('queryPlanner');
    expect(isOrderedWalk(plain.queryPlanner.winningPlan)).toBe(false);
    const forward = await posts.find().sort({ create_time: 1, _id: 1 }).hint('posts_by_create_time').explain();
    expect(isOrderedWalk(forward.queryPlanner.winningPlan)).toBe(false);
  });

  it('sorts where the server says that it would', async () => {
    const [walk, sorted] = [walkOf({ limit: 10 }), { inOrder: false }];
    const sorting = () => posts.aggregate(walkStages(walk, sorted));
    const asked: JointRead[] = [];
    const read: ReadJointly = (one, call) => {
      asked.push(one);
      return readJointly(one, call);
    };
    for (const walked of [posts, Object.create(posts, { aggregate: { value: sorting } })]) {
      expect(await createTermReader(walked, read)(walk, makeCall())).toHaveLength(10);
    }
    expect(asked.map(({ pipeline }) => pipeline)).toEqual([walkStages(walk, walking), walkStages(walk, sorted)]);
  });

  it('knows the languages of posts by a few looks into an index', async () => {
    const plan = await posts.aggregate([...languageStages]).explain('executionStats');
    const { executionStats } = plan.stages[0].$cursor;
    expect(executionStats.totalKeysExamined).toBeLessThanOrEqual(3);
    expect(executionStats.totalDocsExamined).toBe(0);
  });

  it('analyses a query in one of the languages that come to the same', async () => {
    const others = ['nb', 'no', 'ja', 'ko', 'pl'].map((language) => toIndexedDocument(makePost({ language })));
    await posts.insertMany(others);
    try {
      const { basis } = await prepare('common');
      expect(basis.languages).toEqual(['en', 'nb', 'und']);
    } finally {
      await posts.deleteMany({ _id: { $in: others.map(({ _id }) => _id) } });
    }
  });
});

describe('a search among many posts', () => {
  it('says whether its total is all', async () => {
    expect(await (await prepare('rare')).count()).toEqual({ value: 3, exact: true });
    const common = await (await prepare('common')).count();
    expect(common.exact).toBe(false);
    expect(common.value).toBeGreaterThanOrEqual(300);
    expect(await (await prepare('common rare', { matching: 'all' })).count()).toEqual({ value: 3, exact: true });
    expect((await (await prepare('common usual', { matching: 'all' })).count()).exact).toBe(false);
    const unheard = (words: number) => Array.from({ length: words }, (_, index) => `unheard${index}`).join(' ');
    expect((await (await prepare(unheard(64))).count()).exact).toBe(true);
    expect((await (await prepare(unheard(65))).count()).exact).toBe(false);
  });

  it('says that its total is not all where it looks into no more texts', async () => {
    const count = async (maxTexts: number) =>
      (await prepare('"some title" tag:seldom', {}, bound({ maxTexts }))).count();
    expect(await count(5)).toEqual({ value: 5, exact: false });
    expect(await count(13)).toEqual({ value: 13, exact: true });
  });

  it('brings the best to the top, whatever most posts have', async () => {
    const { hits } = await (await prepare('common rare')).findHits({ after: undefined, limit: 3 });
    expect(hits.map(({ id }) => documents.find(({ _id }) => _id === id)?.content.includes('rare'))).toEqual([
      true,
      true,
      true,
    ]);
  });

  it('misses nothing under a filter that few posts pass', async () => {
    const few = documents.filter(({ author_id }) => author_id === rareAuthor).length;
    expect(await (await prepare('common', { filter: { authorId: rareAuthor } })).count()).toEqual({
      value: few,
      exact: true,
    });
    const tagged = await (await prepare('common', { filter: { tags: ['seldom'] } })).count();
    expect(tagged).toEqual({ value: 13, exact: true });
    expect(await (await prepare('common tag:seldom')).count()).toEqual({ value: 13, exact: true });
  });

  it('lets no filter lead that leaves more posts than its bound', async () => {
    const filter = { createdAfter: documents.at(-1_000)?.create_time.getTime() };
    const count = async (maxFiltered: number) => (await prepare('common', { filter }, bound({ maxFiltered }))).count();
    expect(await count(1_000)).toEqual({ value: 1_000, exact: true });
    expect(await count(999)).toEqual({ value: 300, exact: false });
  });

  it('brings the newest where a query names nothing but an author of more posts than its bound', async () => {
    const theirs = documents.filter(({ author_id }) => author_id === rareAuthor).map(({ _id }) => _id);
    const search = (maxFiltered: number) => prepare(`author:${rareAuthor}`, {}, bound({ maxFiltered }));
    expect(await (await search(8)).count()).toEqual({ value: 8, exact: true });
    const few = await search(5);
    expect(await few.count()).toEqual({ value: 6, exact: false });
    const { hits } = await few.findHits({ after: undefined, limit: 10 });
    expect(hits.map(({ id }) => id).sort()).toEqual(theirs.slice(-6).sort());
  });

  it('looks for phrases in the order of the hits, page after page', async () => {
    const seen: string[] = [];
    let after: After;
    do {
      const page = await (await prepare('"usual phrase"')).findHits({ after, limit: 200 });
      seen.push(...page.hits.map(({ id }) => id));
      after = page.next;
    } while (after !== undefined);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.length).toBeGreaterThan(100);
    const contents = new Map(documents.map(({ _id, content }) => [_id, content]));
    expect(seen.every((id) => contents.get(id)?.includes('usual phrase'))).toBe(true);
  });

  it.each([true, false])(
    'orders all of a common word by time, page after page (descending: %s)',
    async (descending) => {
      const order = { field: 'create_time', descending } as const;
      const seen: string[] = [];
      let after: After;
      do {
        const page = await (await prepare('common -seldom title:common', { order })).findHits({ after, limit: 30 });
        seen.push(...page.hits.map(({ id }) => id));
        after = page.next;
      } while (after !== undefined);
      const expected = documents.filter(({ title, tags }) => title === 'Common ground' && tags.length === 0);
      expect(seen).toEqual((descending ? expected.toReversed() : expected).map(({ _id }) => _id));
    },
  );

  describe('goes on at the next call where a page', () => {
    const latest = documents.toReversed();
    const order = { field: 'publish_time', descending: true } as const;

    it('looked at many posts in the order of time', async () => {
      const prepared = await prepare('title:common', { order }, bound({ maxScanned: 400 }));
      const { hits, next } = await prepared.findHits({ after: undefined, limit: 10 });
      const titled = latest.slice(0, 400).filter(({ title }) => title === 'Common ground');
      expect(hits.map(({ id }) => id)).toEqual(titled.map(({ _id }) => _id));
      expect(titled).toHaveLength(4);
      expect(next?.id).toBe(latest[399]?._id);
    });

    it('looked into many texts in the order of time', async () => {
      const prepared = await prepare('common -usu*', { order }, bound({ maxTexts: 150 }));
      const { hits, next } = await prepared.findHits({ after: undefined, limit: 10 });
      expect(hits).toEqual([]);
      expect(next?.id).toBe(latest[199]?._id);
    });

    it('looked into many texts, the best first', async () => {
      const prepared = await prepare('common -usu*', {}, bound({ maxTexts: 64 }));
      const first = await prepared.findHits({ after: undefined, limit: 10 });
      expect(first.hits).toEqual([]);
      expect(first.next).toBeDefined();
      expect((await prepared.findHits({ after: first.next, limit: 10 })).next).not.toEqual(first.next);
      expect(await prepared.count()).toEqual({ value: 0, exact: false });
    });
  });
});
