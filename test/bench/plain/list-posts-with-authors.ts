import { answering } from './answering.ts';
import { toWirePost } from './plain-post.ts';
import type { PostRepository } from './post-repository.ts';
import type { ListPostsWithAuthors } from './posts-contract.ts';
import type { UsersClient } from './users-client.ts';

const defaultPageSize = 50;

/** One call to the users service a page. */
export function createListPostsWithAuthors(posts: PostRepository, users: UsersClient): ListPostsWithAuthors {
  return answering(async ({ filter, page_size: size }) => {
    const found = await posts.listByTag(filter?.tags ?? [], size || defaultPageSize);
    const authors = await users.batchGetUsers([...new Set(found.map(({ author_id }) => author_id))]);
    const byId = new Map(authors.map((author) => [author.id, author]));
    return {
      items: found.map((post) => {
        const author = byId.get(post.author_id);
        const state = author === undefined ? 'AUTHOR_STATE_NOT_FOUND' : 'AUTHOR_STATE_OK';
        return { post: toWirePost(post), author, author_state: state };
      }),
    };
  });
}
