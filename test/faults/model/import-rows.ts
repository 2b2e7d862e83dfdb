import type { PostsClient } from '@tandem/contracts';
import { OnDuplicate } from '@tandem/contracts/posts';
import fc from 'fast-check';
import { expect } from 'vitest';
import { importStream } from '../../pair/import-stream.ts';
import { pickClient, repeatWhileBusy } from './ask.ts';
import { expectChanged, refuseAuthor } from './change-posts.ts';
import { via } from './mutation.ts';
import {
  author,
  content,
  language,
  makeCommand,
  type PostsCommand,
  type PostsModel,
  type PostView,
  slot,
  type TitleChoice,
  tags,
  title,
  toView,
} from './posts-model.ts';
import { toTimestamp } from './select-posts.ts';

interface Row {
  slot: number;
  author: number;
  title: TitleChoice;
  /** Brings what the post has already, where there is one: nothing changes by it. */
  repeats: boolean;
  content?: number[];
  tags?: string[];
  language?: string;
  published?: boolean;
  createMs?: number;
  publishMs?: number;
}

const someMs = fc.constantFrom(0, 86_400_000, 1_700_000_000_000, 1_700_000_000_001);
const row: fc.Arbitrary<Row> = fc.record(
  {
    slot,
    author,
    title,
    repeats: fc.boolean(),
    content,
    tags,
    language,
    published: fc.boolean(),
    createMs: someMs,
    publishMs: someMs,
  },
  { requiredKeys: ['slot', 'author', 'title', 'repeats'] },
);

/** What becomes of a row: taken in so far, or the reasons that it may be refused for. */
type Outcome = 'imported' | 'updated' | 'skipped' | readonly string[];

/** What the posts of an import must be afterwards; `wanted` has the old etag and update time. */
type Expected = Map<string, { readonly before: PostView | undefined; readonly wanted: PostView }>;

function toRequest(row: Row, model: PostsModel) {
  const { slot, author, title, repeats, content, createMs, publishMs, ...rest } = row;
  const post = model.posts.get(model.idOf(slot))?.view;
  if (repeats && post !== undefined) return { id: post.id, authorId: post.authorId, title: post.title };
  return {
    id: model.idOf(slot),
    authorId: model.authorOf(author).id,
    title: model.titleOf(title),
    ...(content === undefined ? {} : { content: model.contentOf(content) }),
    ...(createMs === undefined ? {} : { createTime: toTimestamp(createMs) }),
    ...(publishMs === undefined ? {} : { publishTime: toTimestamp(publishMs) }),
    ...rest,
  };
}

function judge(row: Row, rule: OnDuplicate, model: PostsModel): Outcome {
  const id = model.idOf(row.slot);
  const post = model.posts.get(id);
  if (post !== undefined) {
    if (rule === OnDuplicate.SKIP) return 'skipped';
    if (rule !== OnDuplicate.UPDATE) return ['ID_TAKEN'];
    return row.repeats || post.view.authorId === model.authorOf(row.author).id ? 'updated' : ['FIELD_INVALID'];
  }
  const refused = [
    ...(model.isHeld(id) ? ['REQUEST_IN_PROGRESS'] : []),
    ...refuseAuthor(row.author, model),
    ...(model.authorOf(row.author).isEnded ? ['AUTHOR_NOT_FOUND ended'] : []),
  ];
  return refused.length > 0 ? refused : 'imported';
}

/** The post that a row makes, or what it makes of one; NaN: a time that only the service knows. */
function applyRow(row: Row, before: PostView | undefined, model: PostsModel): PostView {
  if (row.repeats && before !== undefined) return before;
  const published = row.published ?? before?.published ?? false;
  const createMs = row.createMs ?? before?.createMs ?? Number.NaN;
  return {
    id: model.idOf(row.slot),
    authorId: model.authorOf(row.author).id,
    title: model.titleOf(row.title),
    content: row.content === undefined ? (before?.content ?? '') : model.contentOf(row.content),
    tags: row.tags !== undefined && row.tags.length > 0 ? [...new Set(row.tags)] : (before?.tags ?? []),
    language: row.language === undefined ? (before?.language ?? 'en') : row.language || 'en',
    published,
    createMs,
    publishMs: row.publishMs ?? before?.publishMs ?? (published ? createMs : undefined),
    etag: before?.etag ?? '1',
    updateMs: before?.updateMs ?? Number.NaN,
  };
}

/** Of rows of one message that clash, the first wins. */
function judgeAll(rows: readonly Row[], rule: OnDuplicate, model: PostsModel) {
  const taken = new Set<string>();
  const expected: Expected = new Map();
  const outcomes = rows.map((row): Outcome => {
    const id = model.idOf(row.slot);
    if (taken.has(id)) return rule === OnDuplicate.SKIP ? 'skipped' : ['ID_TAKEN'];
    const outcome = judge(row, rule, model);
    if (typeof outcome === 'string') taken.add(id);
    const before = model.posts.get(id)?.view;
    if (outcome === 'imported' || outcome === 'updated') {
      expected.set(id, { before, wanted: applyRow(row, before, model) });
    }
    return outcome;
  });
  return { outcomes, expected };
}

/** What says that the one message of an import was not taken in. */
const busyImport = ['OVERLOADED', 'STORE_UNAVAILABLE', 'PEER_UNAVAILABLE'];

/** Why a row may be refused. */
export const rowGrounds = [
  'ID_TAKEN',
  'FIELD_INVALID',
  'REQUEST_IN_PROGRESS',
  'AUTHOR_NOT_FOUND',
  'AUTHOR_INACTIVE',
  'AUTHOR_NOT_FOUND ended',
] as const;

interface Import {
  readonly rows: readonly Row[];
  readonly rule: OnDuplicate;
  readonly via: number;
}

export const importPosts = (args: Import) =>
  makeCommand('importPosts', args, async ({ model, replicas }) => {
    const client = pickClient(replicas, args.via);
    const { outcomes, expected } = judgeAll(args.rows, args.rule, model);
    const rows = args.rows.map((row) => toRequest(row, model));
    const reply = await repeatWhileBusy(() => client.importPosts(importStream(args.rule, rows)), busyImport);
    const countOf = (kind: string) => BigInt(outcomes.filter((outcome) => outcome === kind).length);
    const { imported, updated, skipped } = reply;
    expect({ imported, updated, skipped }).toEqual({
      imported: countOf('imported'),
      updated: countOf('updated'),
      skipped: countOf('skipped'),
    });
    const refused = outcomes.flatMap((reasons, row) => (typeof reasons === 'string' ? [] : [{ row, reasons }]));
    expect(reply.failures.map(({ row }) => Number(row))).toEqual(refused.map(({ row }) => row));
    for (const [n, { reason }] of reply.failures.entries()) {
      const grounds = refused[n]?.reasons ?? [];
      expect(reason).toBeOneOf(grounds.map((ground) => ground.split(' ')[0]));
      if (grounds.length === 1) model.decisive.push(`importPosts ${grounds[0]}`);
    }
    await takeImported(expected, { model, client });
  });

async function takeImported(
  expected: Expected,
  { model, client }: { model: PostsModel; client: PostsClient },
): Promise<void> {
  if (expected.size === 0) return;
  const { posts } = await client.batchGetPosts({ ids: [...expected.keys()] });
  expect(posts.map(({ id }) => id)).toEqual([...expected.keys()]);
  for (const view of posts.map(toView)) {
    const { before, wanted } = expected.get(view.id) ?? {};
    if (wanted === undefined) throw new Error('The service answered a post that was not asked for.');
    takeOne(view, { before, wanted, model });
  }
}

function takeOne(
  view: PostView,
  { before, wanted, model }: { before: PostView | undefined; wanted: PostView; model: PostsModel },
): void {
  const known = model.posts.get(view.id);
  if (before === undefined || known === undefined) {
    const createMs = Number.isNaN(wanted.createMs) ? view.updateMs : wanted.createMs;
    const publishMs = Number.isNaN(wanted.publishMs) ? createMs : wanted.publishMs;
    expect(view).toEqual({ ...wanted, createMs, publishMs, updateMs: view.updateMs });
    model.add(view);
    return;
  }
  expectChanged(view, { before, wanted, olderEtags: known.olderEtags });
  expect(view.publishMs).toBe(wanted.publishMs);
  model.setView(known, view);
}

const imports: fc.Arbitrary<Import> = fc.record({
  rows: fc.array(row, { minLength: 1, maxLength: 4 }),
  rule: fc.constantFrom(OnDuplicate.ERROR, OnDuplicate.SKIP, OnDuplicate.UPDATE, OnDuplicate.UPDATE),
  via,
});

/** Each with how often it is drawn. */
export const importCommands: { weight: number; arbitrary: fc.Arbitrary<PostsCommand> }[] = [
  { weight: 4, arbitrary: imports.map(importPosts) },
];
