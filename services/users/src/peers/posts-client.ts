import { ConnectError } from '@connectrpc/connect';
import type { PostsClient } from '@tandem/contracts';
import { BadRequestSchema, ErrorInfoSchema } from '@tandem/contracts/wire';
import { peerCallOptions, TandemError, toPeerFailure } from '@tandem/rpc';
import type { AuthorPosts, PeerCall } from './author-posts.ts';

type AuthorClient = Pick<PostsClient, 'reservePost' | 'confirmPost' | 'cancelPost' | 'deleteAuthorPosts'>;

/** The posts service as the keeper of authors' posts. */
export function createAuthorPosts(posts: AuthorClient): AuthorPosts {
  return {
    async reserve({ postId, authorId, post: { title, content, tags, published } }, call) {
      const request = { postId, authorId, title, content, tags, published };
      const { post } = await posts
        .reservePost(request, peerCallOptions(call))
        .catch((error: unknown) => throwFailure(toInvalidPost(error) ?? error, call));
      if (post === undefined) throw new Error(`ReservePost answered without the post ${postId}.`);
      return post;
    },
    async confirm(postId, call) {
      await posts.confirmPost({ postId }, peerCallOptions(call)).catch((error: unknown) => {
        if (reasonOf(error) !== 'AUTHOR_NOT_FOUND') throwFailure(error, call);
      });
    },
    async cancel(postId, call) {
      await posts.cancelPost({ postId }, peerCallOptions(call)).catch((error: unknown) => throwFailure(error, call));
    },
    async deleteAll(authorId, call) {
      const { deleted, done } = await posts
        .deleteAuthorPosts({ authorId }, peerCallOptions(call))
        .catch((error: unknown) => throwFailure(error, call));
      return { deleted, done };
    },
  };
}

/** What is wrong with the post, told of the field of CreateUserWithPost that it is in. */
function toInvalidPost(error: unknown): TandemError | undefined {
  if (!(error instanceof ConnectError) || reasonOf(error) !== 'FIELD_INVALID') return undefined;
  const violations = error
    .findDetails(BadRequestSchema)
    .flatMap(({ fieldViolations }) => fieldViolations)
    .map(({ field, description }) => ({ field: `post.${field}`, description }));
  const text = violations.map(({ field, description }) => `${field}: ${description}`).join('; ');
  return new TandemError('FIELD_INVALID', `The request is not valid: ${text}.`, { violations });
}

function reasonOf(error: unknown): string | undefined {
  return error instanceof ConnectError ? error.findDetails(ErrorInfoSchema)[0]?.reason : undefined;
}

function throwFailure(error: unknown, call: PeerCall): never {
  throw error instanceof TandemError ? error : toPeerFailure(error, 'posts service, which keeps the posts', call);
}
