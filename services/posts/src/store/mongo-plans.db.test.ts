import { randomUUID } from 'node:crypto';
import type { Collection, Document } from 'mongodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { type PostFilter, type PostOrder, type PostOrderField, postOrderFields } from '../domain/post.ts';
import { type PostDocument, toPosition } from './mongo-post-document.ts';
import { toPageMatch } from './mongo-post-filter.ts';
import { statsStages } from './mongo-post-stats.ts';
import { exportSpec, findSpec } from './mongo-posts.ts';
import { makePost, toIndexedDocument } from './testing/store-calls.ts';
import { usePostsStore } from './testing/use-posts-store.ts';

const { direct } = await usePostsStore();
const posts: Collection<PostDocument> = direct.db().collection('posts');
const start = Date.UTC(2026, 0, 1);
const pageSize = 51;

/** 20,000 posts of 40 authors, with 30 tags; every tenth time is shared by ten posts, a ninth were never published. */
const authors = Array.from({ length: 40 }, () => randomUUID());
const documents = Array.from({ length: 20_000 }, (_, index) =>
  toIndexedDocument(
    makePost({
      authorId: authors[index % authors.length] ?? '',
      title: `Title ${(index * 7919) % 5_000}`,
      content: 'Words',
      tags: [`tag-${index % 30}`, `group-${index % 4}`],
      published: index % 3 > 0,
      createTime: start + Math.floor(index / 10) * 1000,
      updateTime: start + ((index * 31) % 20_000) * 1000,
      publishTime: index % 9 > 0 ? start + index * 1000 : undefined,
    }),
  ),
);
beforeAll(async () => {
  for (let begin = 0; begin < documents.length; begin += 5_000) {
    await posts.insertMany(documents.slice(begin, begin + 5_000));
  }
});

interface Stage {
  readonly stage: string;
  readonly inputStage?: Stage;
  readonly inputStages?: readonly Stage[];
}

function listStages({ stage, inputStage, inputStages = [] }: Stage): string[] {
  return [stage, ...[inputStage, ...inputStages].flatMap((inner) => (inner === undefined ? [] : listStages(inner)))];
}

async function explain(filter: PostFilter, { order, after }: { order: PostOrder; after?: PostDocument }) {
  const position = after && toPosition(after, order.field);
  const page = toPageMatch(filter, { order, after: position });
  const { match, options } = findSpec(page!, { order, limit: pageSize, withContent: false });
  const plan: Document = await posts.find(match, options).explain('executionStats');
  const { nReturned, totalKeysExamined, totalDocsExamined } = plan.executionStats;
  return { stages: listStages(plan.executionStats.executionStages), nReturned, totalKeysExamined, totalDocsExamined };
}

const named: [string, PostFilter, readonly PostOrderField[]][] = [
  ['all posts', {}, postOrderFields],
  ['an author', { authorId: authors[3] }, postOrderFields],
  ['several authors', { authorIds: authors.slice(0, 10) }, postOrderFields],
  ['published posts', { published: true }, postOrderFields],
  ['unpublished posts', { published: false }, postOrderFields],
  ['a tag', { tags: ['tag-7'] }, ['create_time', 'publish_time']],
  ['any of three tags', { tags: ['tag-7', 'tag-8', 'group-1'] }, ['create_time', 'publish_time']],
];
const cases = named.flatMap(([name, filter, fields]) =>
  fields.flatMap((field) =>
    [true, false].flatMap((descending) =>
      (['first', 'later'] as const).map((page) => ({
        name: `${name} by ${field} ${descending ? 'desc' : 'asc'}, a ${page} page`,
        filter,
        order: { field, descending },
        page,
      })),
    ),
  ),
);

describe('a page of 20,000 posts is read from an index in order', () => {
  it.each(cases)('$name', async ({ filter, order, page }) => {
    const after = page === 'later' ? documents[10_003] : undefined;
    const { stages, nReturned, totalKeysExamined, totalDocsExamined } = await explain(filter, {
      order,
      ...(after === undefined ? {} : { after }),
    });
    expect(stages).toContain('IXSCAN');
    for (const bad of ['COLLSCAN', 'SORT']) expect(stages).not.toContain(bad);
    expect(nReturned).toBeGreaterThan(0);
    expect(totalKeysExamined).toBeLessThanOrEqual(nReturned * 2 + 40);
    expect(totalDocsExamined).toBeLessThanOrEqual(nReturned * 2 + 40);
  });

  it.each(postOrderFields)('of as many authors as are said to have an index by %s, too', async (field) => {
    const authorIds = [...authors, ...Array.from({ length: 26 }, () => randomUUID())];
    for (const after of [undefined, documents[10_003]!]) {
      const page = { order: { field, descending: true }, ...(after === undefined ? {} : { after }) };
      const { stages, nReturned, totalKeysExamined, totalDocsExamined } = await explain({ authorIds }, page);
      for (const bad of ['COLLSCAN', 'SORT']) expect(stages).not.toContain(bad);
      expect(nReturned).toBe(pageSize);
      // Each range is begun.
      expect(totalKeysExamined).toBeLessThanOrEqual(pageSize * 2 + 200);
      expect(totalDocsExamined).toBeLessThanOrEqual(pageSize * 2 + 40);
    }
  });

  it('where thousands share the key, too', async () => {
    const order = { field: 'publish_time', descending: false } as const;
    const after = documents.filter(({ publish_time }) => publish_time === null).at(-100)!;
    const { totalKeysExamined, nReturned } = await explain({}, { order, after });
    expect(nReturned).toBe(pageSize);
    expect(totalKeysExamined).toBeLessThanOrEqual(pageSize + 2);
  });
});

describe('a chunk of an export of 20,000 posts', () => {
  const read = async (filter: PostFilter, afterId?: string) => {
    const { match, options } = exportSpec({ filter, afterId, limit: 101 })!;
    const { executionStats }: Document = await posts.find(match, options).explain('executionStats');
    const { nReturned, totalDocsExamined } = executionStats;
    return { stages: listStages(executionStats.executionStages), nReturned, totalDocsExamined };
  };

  it.each([
    ['all posts', {}, 1],
    ['published posts', { published: true }, 3],
    ['posts in a language', { language: 'en' }, 1],
  ] satisfies [string, PostFilter, number][])('of %s is read by id and ends at its limit', async (_, filter, ratio) => {
    for (const afterId of [undefined, '80000000-0000-4000-8000-000000000000']) {
      const { stages, nReturned, totalDocsExamined } = await read(filter, afterId);
      for (const bad of ['COLLSCAN', 'SORT']) expect(stages).not.toContain(bad);
      expect(nReturned).toBe(101);
      expect(totalDocsExamined).toBeLessThanOrEqual(101 * ratio);
    }
  });

  it('of one author reads no more than the author’s posts', async () => {
    const { stages, nReturned, totalDocsExamined } = await read({ authorId: authors[3] });
    expect(stages).toContain('IXSCAN');
    expect(nReturned).toBe(101);
    expect(totalDocsExamined).toBeLessThanOrEqual(500);
  });
});

describe('the deletion of an author’s posts', () => {
  it('finds them by the index of authors', async () => {
    const order = { field: 'create_time', descending: false } as const;
    const { stages, nReturned, totalDocsExamined } = await explain({ authorId: authors[5] }, { order });
    expect(stages).toContain('IXSCAN');
    expect(totalDocsExamined).toBe(nReturned);
  });

  it('finds what is reserved for the author by an index', async () => {
    const reserved = direct.db().collection('reserved_posts');
    const plan: Document = await reserved.find({ author_id: authors[5], state: 'reserved' }).explain();
    expect(listStages(plan.queryPlanner.winningPlan)).toContain('IXSCAN');
  });
});

describe('figures', () => {
  it.each([
    ['an author', { authorId: authors[3] }, 500],
    ['a tag', { tags: ['tag-7'] }, 667],
  ] satisfies [string, PostFilter, number][])('of %s read these posts only', async (_, filter, most) => {
    const stages = statsStages({ filter, groupBy: 'month', topN: 20 })!;
    const plan: Document = await posts.aggregate(stages).explain('executionStats');
    const { executionStats } = plan.stages?.[0]?.$cursor ?? plan;
    expect(executionStats.totalDocsExamined).toBeLessThanOrEqual(most);
  });
});
