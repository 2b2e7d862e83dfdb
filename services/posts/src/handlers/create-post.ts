import type { CreatePostRequest, CreatePostRequestSchema, CreatePostResponseSchema } from '@tandem/contracts/posts';
import { AnswerRecorded, type Call, TandemError, type UnaryHandler } from '@tandem/rpc';
import type { FullPost, TimeMillis } from '../domain/post.ts';
import { checkPostText, resolveLanguage, uniqueTags } from '../domain/post-text.ts';
import type { AuthorDirectory } from '../peers/author-directory.ts';
import type { PostStore } from '../store/store.ts';
import { refuseAuthor } from './author-refusal.ts';
import { toWirePost } from './wire-post.ts';

export interface CreatePostDeps {
  readonly store: Pick<PostStore, 'transaction' | 'records'>;
  readonly authors: Pick<AuthorDirectory, 'find'>;
  readonly now: () => TimeMillis;
  readonly newId: () => string;
}

export function createPost({
  store,
  authors,
  now,
  newId,
}: CreatePostDeps): UnaryHandler<typeof CreatePostRequestSchema, typeof CreatePostResponseSchema> {
  return async (request, call) => {
    assertText(request);
    await assertNotAnswered(store, call);
    await assertMayWrite(authors, request.authorId, call);
    const post = toNewPost(request, { id: request.postId || newId(), now: now() });
    return store.transaction(call, async (tx) => {
      await tx.posts.insert(post);
      return { post: toWirePost(post) };
    });
  };
}

function assertText(request: CreatePostRequest): void {
  const violations = checkPostText(request);
  const [first] = violations;
  if (first === undefined) return;
  throw new TandemError('FIELD_INVALID', `${first.field} ${first.description}.`, { violations });
}

/** The first answer stands, also when the author could not be asked now or would be refused now. */
async function assertNotAnswered({ records }: Pick<PostStore, 'records'>, call: Call): Promise<void> {
  if (call.claim === undefined) return;
  const answer = await records.find(call.claim, call);
  if (answer !== undefined) throw new AnswerRecorded(answer);
}

async function assertMayWrite(authors: Pick<AuthorDirectory, 'find'>, authorId: string, call: Call): Promise<void> {
  const refusal = refuseAuthor(authorId, await authors.find(authorId, call));
  if (refusal !== undefined)
    throw new TandemError(refusal.reason, refusal.message, { metadata: { author_id: authorId } });
}

function toNewPost(request: CreatePostRequest, { id, now }: { id: string; now: TimeMillis }): FullPost {
  return {
    id,
    authorId: request.authorId,
    title: request.title,
    content: request.content,
    tags: uniqueTags(request.tags),
    language: resolveLanguage(request.language),
    published: request.published,
    createTime: now,
    updateTime: now,
    publishTime: request.published ? now : undefined,
    version: 1,
  };
}
