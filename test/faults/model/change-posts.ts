import type { CreatePostResponse, UpdatePostResponse } from '@tandem/contracts/posts';
import fc from 'fast-check';
import { expect } from 'vitest';
import { type Answer, expectReply } from './ask.ts';
import {
  author,
  content,
  type KnownPost,
  language,
  type PostsModel,
  type PostsMutation,
  type PostView,
  slot,
  type TitleChoice,
  tags,
  title,
  toView,
} from './posts-model.ts';

/** What a new post is drawn from. */
export interface Draft {
  readonly slot: number;
  readonly author: number;
  readonly title: TitleChoice;
  readonly content: readonly number[];
  readonly tags: readonly string[];
  readonly language: string;
  readonly published: boolean;
}

export const draft: fc.Arbitrary<Draft> = fc.record({
  slot,
  author,
  title,
  content,
  tags,
  language,
  published: fc.boolean(),
});

export function toDraftRequest(draft: Draft, model: PostsModel) {
  return {
    postId: model.idOf(draft.slot),
    authorId: model.authorOf(draft.author).id,
    title: model.titleOf(draft.title),
    content: model.contentOf(draft.content),
    tags: [...draft.tags],
    language: draft.language,
    published: draft.published,
  };
}

/** The post that a draft becomes; its times are all that of its making. */
export function expectDraft(view: PostView, draft: Draft, model: PostsModel): void {
  const { postId: id, tags, language, ...rest } = toDraftRequest(draft, model);
  expect(view).toMatchObject({ id, ...rest, tags: [...new Set(tags)], language: language || 'en', etag: '1' });
  expect(view.updateMs).toBe(view.createMs);
  expect(view.publishMs).toBe(draft.published ? view.createMs : undefined);
}

/** Why users lets nobody post in this author's name. */
export function refuseAuthor(n: number, model: PostsModel): string[] {
  const { state } = model.authorOf(n);
  if (state === 'deleted') return ['AUTHOR_NOT_FOUND'];
  return state === 'inactive' ? ['AUTHOR_INACTIVE'] : [];
}

export const createPost: PostsMutation<Draft> = {
  method: 'createPost',
  grounds: ['AUTHOR_NOT_FOUND', 'AUTHOR_INACTIVE', 'REQUEST_IN_PROGRESS', 'AUTHOR_NOT_FOUND ended', 'ID_TAKEN'],
  args: draft,
  request: toDraftRequest,
  other: (request) => ({ ...request, title: 'Something else' }),
  judge(draft, model) {
    const id = model.idOf(draft.slot);
    const byAuthor = refuseAuthor(draft.author, model);
    if (byAuthor.length > 0) return { refused: byAuthor, take() {} };
    if (model.isHeld(id)) return { refused: ['REQUEST_IN_PROGRESS'], isKept: false, take() {} };
    const refused = [
      ...(model.authorOf(draft.author).isEnded ? ['AUTHOR_NOT_FOUND ended'] : []),
      ...(model.posts.has(id) ? ['ID_TAKEN'] : []),
    ];
    return {
      refused,
      take(answer) {
        const view = toView(expectReply<CreatePostResponse>(answer).post);
        expectDraft(view, draft, model);
        model.add(view);
      },
    };
  },
};

const etagChoice = fc.constantFrom('none', 'none', 'current', 'current', 'older', 'foreign');
const changeable = ['title', 'content', 'tags', 'language', 'published'] as const;

interface Update {
  slot: number;
  fields: { title?: TitleChoice; content?: number[]; tags?: string[]; language?: string; published?: boolean };
  mask: readonly string[] | null;
  etag: string;
}

export const updatePost: PostsMutation<Update> = {
  method: 'updatePost',
  grounds: ['MASK_PATH_INVALID', 'FIELD_INVALID', 'POST_NOT_FOUND', 'ETAG_MISMATCH'],
  args: fc.record({
    slot,
    fields: fc.record({ title, content, tags, language, published: fc.boolean() }, { requiredKeys: [] }),
    mask: fc.oneof(
      { weight: 4, arbitrary: fc.constant(null) },
      { weight: 4, arbitrary: fc.subarray([...changeable]) },
      // What no field needs to be given for: tags are emptied.
      { weight: 2, arbitrary: fc.constant(['tags']) },
      { weight: 1, arbitrary: fc.constantFrom(['*'], ['author_id'], ['title', 'id']) },
    ),
    etag: etagChoice,
  }),
  request: ({ slot, fields, mask, etag }, model) => ({
    post: { id: model.idOf(slot), ...wantedFields(fields, model), etag: chooseEtag(slot, etag, model) },
    ...(mask === null ? {} : { updateMask: { paths: [...mask] } }),
  }),
  other: (request) => ({ ...request, post: { ...(request as { post: object }).post, title: 'Something else' } }),
  judge({ slot, fields, mask, etag }, model) {
    const given = wantedFields(fields, model);
    const paths = listPaths(mask, given);
    const invalid = findInvalidPath(paths, given);
    if (invalid !== undefined) return { refused: [invalid], isKept: false, take() {} };
    const post = model.posts.get(model.idOf(slot));
    if (post === undefined) return { refused: ['POST_NOT_FOUND'], take() {} };
    const wanted = { ...post.view, ...toChanges(paths, given) };
    return {
      refused: isStale(post, etag) ? ['ETAG_MISMATCH'] : [],
      take: (answer) => takeUpdate(answer, { post, wanted, model }),
    };
  },
};

/** Tags are emptied where the mask names them and none are given. */
function toChanges(paths: readonly string[], given: ReturnType<typeof wantedFields>): Partial<PostView> {
  const changes = Object.fromEntries(Object.entries(given).filter(([field]) => paths.includes(field)));
  return {
    ...changes,
    ...(paths.includes('tags') ? { tags: [...new Set(given.tags)] } : {}),
    ...(changes.language === '' ? { language: 'en' } : {}),
  };
}

function takeUpdate(
  answer: Answer,
  { post, wanted, model }: { post: KnownPost; wanted: PostView; model: PostsModel },
): void {
  const before = post.view;
  const view = toView(expectReply<UpdatePostResponse>(answer).post);
  expectChanged(view, { before, wanted, olderEtags: post.olderEtags });
  const isFirstPublishing = before.publishMs === undefined && wanted.published;
  expect(view.publishMs).toBe(isFirstPublishing ? view.updateMs : before.publishMs);
  model.setView(post, view);
}

/** Neither etag nor update time moves where nothing changes. */
export function expectChanged(
  view: PostView,
  { before, wanted, olderEtags }: { before: PostView; wanted: PostView; olderEtags: readonly string[] },
): void {
  const { etag, updateMs, publishMs: _, ...rest } = wanted;
  expect(view).toMatchObject(rest);
  if (JSON.stringify(before) === JSON.stringify(wanted)) {
    expect(view).toEqual(before);
    return;
  }
  expect([etag, ...olderEtags]).not.toContain(view.etag);
  expect(view.updateMs).toBeGreaterThanOrEqual(updateMs);
}

function wantedFields({ title, content, ...fields }: Update['fields'], model: PostsModel) {
  return {
    ...(title === undefined ? {} : { title: model.titleOf(title) }),
    ...(content === undefined ? {} : { content: model.contentOf(content) }),
    ...fields,
  };
}

/** An empty mask is one that was left out; an empty list of tags cannot be told from none. */
function listPaths(mask: readonly string[] | null, given: object): readonly string[] {
  const populated = Object.entries(given).filter(([, value]) => !(Array.isArray(value) && value.length === 0));
  if (mask === null || mask.length === 0) return populated.map(([field]) => field);
  return mask.includes('*') ? changeable : mask;
}

function findInvalidPath(paths: readonly string[], given: object): string | undefined {
  if (paths.some((path) => path === 'author_id' || path === 'id')) return 'MASK_PATH_INVALID';
  return paths.every((path) => path === 'tags' || path in given) ? undefined : 'FIELD_INVALID';
}

function chooseEtag(slot: number, choice: string, model: PostsModel): string {
  const post = model.posts.get(model.idOf(slot));
  if (choice === 'current') return post?.view.etag ?? '1';
  if (choice === 'older') return post?.olderEtags.at(-1) ?? '';
  return choice === 'foreign' ? 'of something else' : '';
}

function isStale({ olderEtags }: KnownPost, choice: string): boolean {
  return choice === 'foreign' || (choice === 'older' && olderEtags.length > 0);
}

export const deletePost: PostsMutation<{ slot: number; etag: string }> = {
  method: 'deletePost',
  grounds: ['POST_NOT_FOUND', 'ETAG_MISMATCH'],
  args: fc.record({ slot, etag: etagChoice }),
  request: ({ slot, etag }, model) => ({ id: model.idOf(slot), etag: chooseEtag(slot, etag, model) }),
  other: (request) => ({ ...request, etag: 'of something else again' }),
  judge({ slot, etag }, model) {
    const post = model.posts.get(model.idOf(slot));
    if (post === undefined) return { refused: ['POST_NOT_FOUND'], take() {} };
    return {
      refused: isStale(post, etag) ? ['ETAG_MISMATCH'] : [],
      take(answer) {
        expectReply(answer);
        model.posts.delete(post.view.id);
      },
    };
  },
};
