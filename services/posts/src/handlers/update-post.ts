import type {
  Post as PostMessage,
  UpdatePostRequest,
  UpdatePostRequestSchema,
  UpdatePostResponseSchema,
} from '@tandem/contracts/posts';
import { checkEtag, fieldInvalid, readUpdateMask, requireGiven, type UnaryHandler } from '@tandem/rpc';
import { changePost, type PostUpdate } from '../domain/change-post.ts';
import type { TimeMillis } from '../domain/post.ts';
import { resolveLanguage, uniqueTags } from '../domain/post-text.ts';
import type { PostStore, PostsTransaction } from '../store/store.ts';
import { assertPostText } from './new-post.ts';
import { requirePost, toWirePost } from './wire-post.ts';

/** The fields that an update may change; a post has them under the same names. */
const updatableFields = ['title', 'content', 'tags', 'language', 'published'] as const;

export interface UpdatePostDependencies {
  readonly store: Pick<PostStore, 'transaction'>;
  readonly now: () => TimeMillis;
}

/** Changes a post. What is written is written over the version that was read only. */
export function updatePost({
  store,
  now,
}: UpdatePostDependencies): UnaryHandler<typeof UpdatePostRequestSchema, typeof UpdatePostResponseSchema> {
  return async (request, call) => {
    const { id, etag } = readPost(request);
    const changes = readChanges(request);
    const work = async ({ posts }: PostsTransaction) => {
      const post = requirePost(await posts.find(id), id);
      checkEtag(etag, { name: 'post', version: post.version });
      const changed = changePost(post, changes, now());
      if (changed === post) posts.keep(id);
      else await posts.updateMany([{ before: post, after: changed }]);
      return { post: toWirePost(changed) };
    };
    return store.transaction(call, work, { inTurnFor: [id] });
  };
}

function readPost({ post }: UpdatePostRequest): PostMessage {
  if (post === undefined) throw fieldInvalid('post', 'is required');
  return post;
}

/** What the mask names must be given; only tags are emptied by leaving them out, as an empty list cannot be told from none. */
function readChanges(request: UpdatePostRequest): PostUpdate {
  const post = readPost(request);
  const populated = updatableFields.filter((field) =>
    field === 'tags' ? post.tags.length > 0 : post[field] !== undefined,
  );
  const fields = readUpdateMask(request.updateMask, { updatable: updatableFields, populated });
  requireGiven(fields, { resource: 'post', given: [...populated, 'tags'] });
  const title = fields.has('title') ? post.title : undefined;
  const tags = fields.has('tags') ? post.tags : undefined;
  assertPostText({ title: title ?? 'none is given', tags: tags ?? [] }, { within: 'post.' });
  return {
    title,
    content: fields.has('content') ? post.content : undefined,
    tags: tags && uniqueTags(tags),
    language: fields.has('language') ? resolveLanguage(post.language ?? '') : undefined,
    published: fields.has('published') ? post.published : undefined,
  };
}
