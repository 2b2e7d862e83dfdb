import { MongoClient } from 'mongodb';
import { createListPostsWithAuthors } from './list-posts-with-authors.ts';
import type { PlainPost } from './plain-post.ts';
import { PostRepository } from './post-repository.ts';
import { createSearchPosts, createSuggestPosts } from './search-posts.ts';
import { serve } from './serve.ts';
import { createUsersClient } from './users-client.ts';

const { DATABASE_URL, USERS_TARGET, POOL_SIZE } = process.env;
if (DATABASE_URL === undefined || USERS_TARGET === undefined) throw new Error('Set DATABASE_URL and USERS_TARGET.');

const client = new MongoClient(DATABASE_URL, { maxPoolSize: Number(POOL_SIZE ?? 10) });
const posts = new PostRepository(client.db().collection<PlainPost>('posts'));

serve({
  name: 'plain posts',
  services: {
    'tandem.posts.v1.PostService': {
      ListPostsWithAuthors: createListPostsWithAuthors(posts, createUsersClient(USERS_TARGET)),
    },
    'tandem.posts.v1.SearchService': {
      SearchPosts: createSearchPosts(posts),
      SuggestPosts: createSuggestPosts(posts),
    },
  },
});
