import { answering } from './answering.ts';
import { toWirePost } from './plain-post.ts';
import type { PostRepository } from './post-repository.ts';
import type { SearchPosts, SuggestPosts } from './posts-contract.ts';

const defaultPageSize = 50;

/** Without highlights, corrections and pages that go on: less than the contract asks for. */
export function createSearchPosts(posts: PostRepository): SearchPosts {
  return answering(async ({ query, page_size: size }) => {
    const found = await posts.search(query, size || defaultPageSize);
    return { hits: found.map(({ score, ...post }) => ({ post: toWirePost(post), score })) };
  });
}

/** Titles only. */
export function createSuggestPosts(posts: PostRepository): SuggestPosts {
  return answering(async ({ prefix, limit }) => {
    const found = await posts.findByTitleStart(prefix, limit || 10);
    return {
      suggestions: found.map(({ _id, title }) => ({ text: title, kind: 'SUGGESTION_KIND_TITLE', post_id: _id })),
    };
  });
}
