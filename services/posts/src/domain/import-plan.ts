import type { FullPost, Post, PostRevision, TimeMillis } from './post.ts';
import { resolveLanguage } from './post-text.ts';
import type { SearchedText } from './search/term-vector.ts';
import { timeOfChange } from './time.ts';

/** What to do with a row whose post is there already. */
export type OnDuplicate = 'error' | 'skip' | 'update';

/** A row that has passed every check that needs no store. What is undefined was left out. */
export interface ImportRow {
  /** The caller's id, or one that was made. */
  readonly id: string;
  readonly idIsChosen: boolean;
  readonly authorId: string;
  readonly title: string;
  readonly content: string | undefined;
  /** Each once; empty: left out. */
  readonly tags: readonly string[];
  readonly language: string | undefined;
  readonly published: boolean | undefined;
  readonly createTime: TimeMillis | undefined;
  readonly publishTime: TimeMillis | undefined;
}

/** A row that was not taken in, and why. */
export interface RowRefusal {
  readonly reason: 'ID_TAKEN' | 'FIELD_INVALID' | 'AUTHOR_NOT_FOUND' | 'AUTHOR_INACTIVE' | 'REQUEST_IN_PROGRESS';
  readonly message: string;
}

export type RowOutcome = 'imported' | 'updated' | 'skipped' | RowRefusal;

export interface ImportPlan {
  /** One for each row, in the rows' order. */
  readonly outcomes: RowOutcome[];
  readonly inserts: FullPost[];
  /** Their versions already raised. */
  readonly revisions: PostRevision[];
}

/** The posts that have an id of the rows; what is in them matters under `update` only, contents where a row brings one. */
export type Duplicates =
  | { readonly onDuplicate: 'error' | 'skip'; readonly existing: Pick<ReadonlySet<string>, 'has'> }
  | { readonly onDuplicate: 'update'; readonly existing: ReadonlyMap<string, Post> };

/** Rows and what decides about them, but for the posts that are there. */
export interface ImportRows {
  readonly rows: readonly ImportRow[];
  /** The ids that earlier rows of the same message have taken. */
  readonly taken: ReadonlySet<string>;
  /** Why this author may have no new post; undefined when nothing speaks against it. */
  readonly refuseAuthor: (authorId: string) => RowRefusal | undefined;
  readonly now: TimeMillis;
}

export interface HeldIds {
  /** The ids that are held for posts which are being made. */
  readonly held: ReadonlySet<string>;
}

export type ImportTask = ImportRows & Duplicates & HeldIds;

/**
 * Decides what becomes of each row, as if they came one by one. A row that clashes with an earlier one of its message
 * loses to it: refused, or passed over under `skip`.
 */
export function planImport(task: ImportTask): ImportPlan {
  const plan: ImportPlan = { outcomes: [], inserts: [], revisions: [] };
  const taken = new Set(task.taken);
  for (const row of task.rows) {
    const outcome = taken.has(row.id) ? loseToEarlierRow(task) : planRow(row, task, plan);
    if (typeof outcome === 'string') taken.add(row.id);
    plan.outcomes.push(outcome);
  }
  return plan;
}

function planRow(row: ImportRow, task: ImportTask, plan: ImportPlan): RowOutcome {
  if (task.onDuplicate === 'update') {
    const before = task.existing.get(row.id);
    return before === undefined ? planInsert(row, task, plan) : planUpdate(row, { before, now: task.now }, plan);
  }
  if (!task.existing.has(row.id)) return planInsert(row, task, plan);
  if (task.onDuplicate === 'skip') return 'skipped';
  return { reason: 'ID_TAKEN', message: 'id: another post has it; choose another.' };
}

function planUpdate(row: ImportRow, { before, now }: { before: Post; now: TimeMillis }, plan: ImportPlan): RowOutcome {
  if (before.authorId !== row.authorId) {
    return { reason: 'FIELD_INVALID', message: 'author_id: the post is another author’s, and that never changes.' };
  }
  const after = applyRow(before, row);
  if (!samePost(before, after)) {
    plan.revisions.push({
      before,
      after: { ...after, updateTime: timeOfChange(before, now), version: before.version + 1 },
    });
  }
  return 'updated';
}

function planInsert(row: ImportRow, task: ImportRows & HeldIds, plan: ImportPlan): RowOutcome {
  if (task.held.has(row.id)) {
    return { reason: 'REQUEST_IN_PROGRESS', message: 'id: held for a post that is being made; send the row again.' };
  }
  const refusal = task.refuseAuthor(row.authorId);
  if (refusal !== undefined) return refusal;
  plan.inserts.push(toNewPost(row, task.now));
  return 'imported';
}

/** What is searched of the post that a row makes where there is none. */
export function toText({ title, content = '', tags, language = '' }: ImportRow): SearchedText {
  return { title, content, tags, language: resolveLanguage(language) };
}

function toNewPost(row: ImportRow, now: TimeMillis): FullPost {
  const createTime = row.createTime ?? now;
  const published = row.published ?? false;
  return {
    id: row.id,
    authorId: row.authorId,
    ...toText(row),
    published,
    createTime,
    updateTime: now,
    publishTime: row.publishTime ?? (published ? createTime : undefined),
    version: 1,
  };
}

function applyRow(post: Post, row: ImportRow): Post {
  const published = row.published ?? post.published;
  const createTime = row.createTime ?? post.createTime;
  return {
    ...post,
    title: row.title,
    content: row.content ?? post.content,
    tags: row.tags.length > 0 ? row.tags : post.tags,
    language: row.language === undefined ? post.language : resolveLanguage(row.language),
    published,
    createTime,
    publishTime: row.publishTime ?? post.publishTime ?? (published ? createTime : undefined),
  };
}

function samePost(a: Post, b: Post): boolean {
  const { tags: aTags, ...aRest } = a;
  const { tags: bTags, ...bRest } = b;
  const keys = Object.keys(aRest) as (keyof typeof aRest)[];
  return keys.every((key) => aRest[key] === bRest[key]) && JSON.stringify(aTags) === JSON.stringify(bTags);
}

function loseToEarlierRow({ onDuplicate }: ImportTask): RowOutcome {
  if (onDuplicate === 'skip') return 'skipped';
  return {
    reason: 'ID_TAKEN',
    message: 'id: an earlier row of the same message has it; send this one in a later message.',
  };
}
