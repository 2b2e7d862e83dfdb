import type { CreatePostRequest } from '@tandem/contracts/posts';
import { TandemError } from '@tandem/rpc';
import type { FullPost, TimeMillis } from '../domain/post.ts';
import { checkPostText, resolveLanguage, uniqueTags } from '../domain/post-text.ts';

type NewText = Pick<CreatePostRequest, 'authorId' | 'title' | 'content' | 'tags' | 'language' | 'published'>;

/** @throws TandemError `FIELD_INVALID` for what the schema cannot tell */
export function assertPostText(
  text: { readonly title: string; readonly tags: readonly string[] },
  { within = '' }: { within?: string } = {},
): void {
  const violations = checkPostText(text).map(({ field, description }) => ({ field: within + field, description }));
  const [first] = violations;
  if (first === undefined) return;
  throw new TandemError('FIELD_INVALID', `${first.field} ${first.description}.`, { violations });
}

/** A post of now. */
export function toNewPost(request: NewText, { id, now }: { id: string; now: TimeMillis }): FullPost {
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
